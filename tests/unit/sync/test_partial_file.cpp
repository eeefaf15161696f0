#include <fstream>

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
  const FileStat stat = file.finish(folder / "out", 0755);
  CHECK(stat.size_bytes == sample.whole.size());
  CHECK((stat.mode & 0777) == 0755);
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
    file.finish(folder / "out", 0644);
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
  CHECK_THROWS_MATCHES(file.finish(folder / "out", 0644), Error, HasKind(ErrorKind::corrupt));
  CHECK_FALSE(real_file_system().stat(folder / "out").has_value());
}

TEST_CASE("too few and too many bytes are refused", "[sync][partial]") {
  const TemporaryFolder folder;
  const Sample sample;
  PartialFile file(folder / "partial", sample.sha256, sample.whole.size());
  file.append(sample.first);
  CHECK_THROWS_MATCHES(file.finish(folder / "out", 0644), Error, HasKind(ErrorKind::corrupt));
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
  file.finish(folder / "out", 0644);
  CHECK(content_of(folder / "out") == sample.whole);
}
