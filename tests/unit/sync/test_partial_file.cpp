#include <fstream>

#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <mhub/base/atomic_file.hpp>

#include "support/matchers.hpp"
#include "sync/partial_file.hpp"

using namespace mhub;
using namespace mhub::sync;
using namespace mhub::test;

namespace {

struct Sample {
  Bytes first = Bytes(70000, std::byte{1});
  Bytes second = Bytes(9000, std::byte{2});
  Bytes whole;
  Sha256 sha256;

  Sample() : whole(first) {
    append(whole, second);
    sha256 = sha256_of(whole);
  }
  static xet::ChunkRef ref(const Bytes& chunk) {
    return {xet::hash_chunk(chunk), static_cast<std::uint32_t>(chunk.size())};
  }
};

Bytes content_of(const std::filesystem::path& path) {
  return read_file(real_file_system(), path, 1 << 20);
}

}  // namespace

TEST_CASE("chunks in any order make the file, which appears when verified", "[sync][partial]") {
  const TemporaryFolder folder;
  const Sample sample;
  PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
  file.write_chunk(sample.first.size(), Sample::ref(sample.second), sample.second,
                   PartialFile::Origin::network);
  CHECK(file.front_bytes() == 0);
  CHECK(file.chunks().empty());
  file.write_chunk(0, Sample::ref(sample.first), sample.first, PartialFile::Origin::network);
  CHECK(file.front_bytes() == sample.whole.size());
  CHECK(file.chunks().size() == 2);
  const FileStat stat = file.finish(folder / "out");
  CHECK(stat.size_bytes == sample.whole.size());
  CHECK(content_of(folder / "out") == sample.whole);
  CHECK(real_file_system().list(folder / "partial").size() <= 1);  // at most the lock
}

TEST_CASE("a second run takes over what the first one fetched", "[sync][partial]") {
  const TemporaryFolder folder;
  const Sample sample;
  {
    PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
    file.write_chunk(0, Sample::ref(sample.first), sample.first, PartialFile::Origin::network);
  }
  SECTION("whole") {
    PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
    CHECK(file.done_bytes() == sample.first.size());
    CHECK(file.is_done(0, sample.first.size()));
    CHECK_FALSE(file.is_done(0, sample.whole.size()));
    using Gaps = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
    CHECK(file.gaps(0, sample.whole.size()) == Gaps{{sample.first.size(), sample.whole.size()}});
    CHECK(file.gaps(1, sample.first.size()).empty());
    file.write_chunk(sample.first.size(), Sample::ref(sample.second), sample.second,
                     PartialFile::Origin::network);
    file.finish(folder / "out");
    CHECK(content_of(folder / "out") == sample.whole);
  }
  SECTION("but not a chunk whose bytes are gone") {
    std::fstream damage(folder / "partial" / sample.sha256.hex());
    damage.seekp(100);
    damage.put('x');
    damage.close();
    PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
    CHECK(file.done_bytes() == 0);
  }
  SECTION("nor entries of a journal cut short or beyond the end") {
    std::ofstream journal(folder / "partial" / (sample.sha256.hex() + ".journal"),
                          std::ios::trunc | std::ios::binary);
    journal << std::string(100, '\xff');
    journal.close();
    PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
    CHECK(file.done_bytes() == 0);
  }
}

TEST_CASE("wrong bytes are never put in place", "[sync][partial]") {
  const TemporaryFolder folder;
  const Sample sample;
  PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
  Bytes wrong = sample.whole;
  wrong[5] = std::byte{9};
  file.append(wrong);
  CHECK_FALSE(file.matches());
  CHECK_THROWS_MATCHES(file.finish(folder / "out"), Error, HasKind(ErrorKind::corrupt));
  CHECK_FALSE(real_file_system().stat(folder / "out").has_value());
}

TEST_CASE("too few and too many bytes are refused", "[sync][partial]") {
  const TemporaryFolder folder;
  const Sample sample;
  PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
  file.append(sample.first);
  CHECK_THROWS_MATCHES(file.finish(folder / "out"), Error, HasKind(ErrorKind::corrupt));
  CHECK_THROWS_MATCHES(file.append(sample.first), Error, HasKind(ErrorKind::corrupt));
  CHECK_THROWS_MATCHES(file.write_chunk(sample.whole.size() - 1, Sample::ref(sample.second),
                                        sample.second, PartialFile::Origin::network),
                       Error, HasKind(ErrorKind::corrupt));
}

TEST_CASE("a whole-file download goes on, or starts again", "[sync][partial]") {
  const TemporaryFolder folder;
  const Sample sample;
  {
    PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
    CHECK_FALSE(file.resume_stream());
    file.append(sample.first);
  }
  PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
  REQUIRE(file.resume_stream());
  CHECK(file.front_bytes() == sample.first.size());
  SECTION("go on") {
    file.append(sample.second);
  }
  SECTION("start again") {
    file.restart();
    CHECK(file.front_bytes() == 0);
    file.append(sample.whole);
  }
  CHECK(file.matches());
  file.finish(folder / "out");
  CHECK(content_of(folder / "out") == sample.whole);
}

TEST_CASE("a file's permissions are what the umask leaves", "[sync][partial]") {
  const TemporaryFolder folder;
  const Sample sample;
  const ::mode_t before = ::umask(0027);
  std::uint32_t modes[2] = {};
  for (const bool executable : {false, true}) {
    PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
    file.append(sample.whole);
    modes[executable ? 1 : 0] = file.finish(folder / "out", executable).mode & 0777;
  }
  ::umask(before);
  CHECK(modes[0] == 0640);
  CHECK(modes[1] == 0750);
}

TEST_CASE("a large file is followed while it arrives, also after a restart", "[sync][partial]") {
  const TemporaryFolder folder;
  Bytes content(std::size_t{3} << 20);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i * 7 >> 8);
  PartialFile file(folder / "partial", sha256_of(content), content.size());
  file.append(std::span(content).last(1000));
  file.restart();
  file.append(std::span(content).first(1 << 20));
  file.append(std::span(content).subspan(1 << 20));
  CHECK(file.matches());
  file.finish(folder / "out");
  CHECK(read_file(real_file_system(), folder / "out", content.size()) == content);
}

TEST_CASE("a file takes the place of an empty folder, and of none that is not", "[sync][partial]") {
  const TemporaryFolder folder;
  const Sample sample;
  std::filesystem::create_directory(folder / "out");
  PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
  file.append(sample.whole);
  SECTION("empty") {
    file.finish(folder / "out");
    CHECK(content_of(folder / "out") == sample.whole);
  }
  SECTION("not empty") {
    std::ofstream(folder / "out" / "mine") << "mine";
    CHECK_THROWS_MATCHES(file.finish(folder / "out"), Error, HasKind(ErrorKind::io));
    CHECK(std::filesystem::exists(folder / "out" / "mine"));
  }
}

TEST_CASE("a file is copied where its place is on another file system", "[sync][partial]") {
  const std::filesystem::path elsewhere = "/dev/shm";
  const TemporaryFolder folder;
  const auto here = real_file_system().stat(folder.path());
  const auto there = real_file_system().stat(elsewhere);
  if (!there || there->device == here->device || ::access(elsewhere.c_str(), W_OK) != 0) {
    WARN("there is no second file system to try this on");
    return;
  }
  const auto target_folder = elsewhere / unique_name("mhub-test");
  std::filesystem::create_directory(target_folder);
  const Sample sample;
  FileStat stat;
  {
    PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
    file.append(sample.whole);
    stat = file.finish(target_folder / "out", true);
  }
  CHECK(content_of(target_folder / "out") == sample.whole);
  CHECK((stat.mode & 0100) != 0);
  CHECK(stat.device == there->device);
  CHECK(real_file_system().list(target_folder).size() == 1);
  CHECK(real_file_system().list(folder / "partial").empty());
  std::filesystem::remove_all(target_folder);
}

TEST_CASE("what given-up downloads left is swept after a while", "[sync][partial]") {
  const TemporaryFolder folder;
  const Sample sample;
  const Sha256 other = sha256_of(sample.first);
  {
    PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
    file.write_chunk(0, Sample::ref(sample.first), sample.first, PartialFile::Origin::network);
  }
  std::ofstream(folder / "partial" / (other.hex() + ".send")) << "sent";
  constexpr std::chrono::seconds kHour{3600};
  CHECK(sweep_partial_files(folder / "partial", kHour, true) == 0);
  for (const std::string& name : real_file_system().list(folder / "partial")) {
    const ::utimbuf old{1'000'000, 1'000'000};
    REQUIRE(::utime((folder / "partial" / name).c_str(), &old) == 0);
  }
  CHECK(sweep_partial_files(folder / "partial", kHour, false) >= sample.first.size());
  CHECK(real_file_system().list(folder / "partial").size() == 3);
  {
    const PartialFile busy(folder / "partial", other, sample.first.size());
    sweep_partial_files(folder / "partial", kHour, true);
    CHECK(real_file_system().stat(folder / "partial" / (other.hex() + ".send")));
    CHECK_FALSE(real_file_system().stat(folder / "partial" / sample.sha256.hex()));
  }
  sweep_partial_files(folder / "partial", kHour, true);
  CHECK(real_file_system().list(folder / "partial").empty());
  CHECK(sweep_partial_files(folder / "none", kHour, true) == 0);
}
