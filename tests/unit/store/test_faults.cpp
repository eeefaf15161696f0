#include <csignal>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_support.hpp"
#include "support/faulty_fs.hpp"

using namespace mhub;
using namespace mhub::store;
using namespace mhub::test;

namespace {

struct Content {
  Bytes kept = random_bytes(300'000, 1);
  Bytes small = text_bytes(20'000, 2);
  Bytes large = joined({random_bytes(2'500'000, 3), ByteView(kept).first(250'000)});
  Bytes sent = random_bytes(200'000, 4);
};

/// Everything that writes: a batch of two files, a received xorb, a recipe.
void write_all(Store& store, const Content& content) {
  const auto batch = store.start_ingest();
  for (const Bytes* bytes : {&content.small, &content.large}) {
    const auto file = batch->start_file();
    file->write(*bytes);
    file->finish();
  }
  batch->commit();

  const Bytes body = serialised_xorb(content.sent);
  const xet::XorbIndex index = xet::index_xorb(body);
  const auto receiver = store.receive_xorb();
  receiver->write(body);
  receiver->commit(index.hash);
  store.put_file({sha256_of(content.sent),
                  content.sent.size(),
                  xet::file_hash(index.chunks),
                  {{index.hash, 0, static_cast<std::uint32_t>(index.chunks.size()),
                    static_cast<std::uint32_t>(content.sent.size())}}});
}

void expect_sound(Store& store, const Content& content) {
  const CheckReport report = check(store, silent_progress(), never_stopped());
  for (const std::string& fault : report.index_faults) FAIL_CHECK(fault);
  REQUIRE(report.clean());
  REQUIRE(report.files_affected.empty());
  const auto kept = store.find_file(sha256_of(content.kept));
  REQUIRE(kept);
  REQUIRE(read_back(store, *kept) == content.kept);
}

void expect_complete(Store& store, const Content& content) {
  for (const Bytes* bytes : {&content.small, &content.large, &content.sent}) {
    const auto file = store.find_file(sha256_of(*bytes));
    REQUIRE(file);
    REQUIRE(read_back(store, *file) == *bytes);
  }
}

}  // namespace

TEST_CASE("a crash at any call leaves a sound store, and a second run completes it",
          "[store][faults]") {
  const Content content;
  bool crashed = true;
  for (std::uint64_t call = 1; crashed; ++call) {
    INFO("crash at call " << call);
    TemporaryFolder folder(memory_folder());
    FaultyFs fs;
    {
      const auto store = open_store(folder / "s", &fs, true);
      ingest(*store, content.kept);
      fs.crash_at(call);
      try {
        write_all(*store, content);
      } catch (const Error& error) {
        REQUIRE(error.kind() == ErrorKind::io);
      }
      crashed = fs.crashed();
    }
    fs.forget_unsynced();
    const auto store = open_store(folder / "s", &fs, true);
    expect_sound(*store, content);
    write_all(*store, content);
    expect_sound(*store, content);
    expect_complete(*store, content);
    CHECK(std::filesystem::is_empty(folder / "s/tmp"));
    REQUIRE(call < 500);
  }
}

TEST_CASE("a crash while a store is made leaves one that can be opened", "[store][faults]") {
  bool crashed = true;
  for (std::uint64_t call = 1; crashed; ++call) {
    INFO("crash at call " << call);
    TemporaryFolder folder(memory_folder());
    FaultyFs fs;
    fs.crash_at(call);
    try {
      open_store(folder / "s", &fs, true);
    } catch (const Error& error) {
      REQUIRE(error.kind() == ErrorKind::io);
    }
    crashed = fs.crashed();
    fs.forget_unsynced();
    const auto store = open_store(folder / "s", &fs, true);
    CHECK(check(*store, silent_progress(), never_stopped()).clean());
    REQUIRE(call < 100);
  }
}

TEST_CASE("one failing call ends a batch with an error and nothing half-visible",
          "[store][faults]") {
  const Content content;
  TemporaryFolder folder(memory_folder());
  FaultyFs fs;
  const auto store = open_store(folder / "s", &fs);
  ingest(*store, content.kept);
  bool failed = true;
  for (std::uint64_t call = 1; failed; ++call) {
    INFO("call " << call);
    fs.fail_at(call);
    failed = false;
    try {
      write_all(*store, content);
    } catch (const Error& error) {
      failed = true;
      REQUIRE(error.kind() == ErrorKind::io);
    }
    expect_sound(*store, content);
    REQUIRE(call < 500);
  }
  expect_complete(*store, content);
}

TEST_CASE("a full disk is said so, and nothing is lost", "[store][faults]") {
  const Content content;
  TemporaryFolder folder(memory_folder());
  FaultyFs fs;
  const auto store = open_store(folder / "s", &fs);
  ingest(*store, content.kept);
  for (const std::uint64_t space : {0u, 100'000u, 1'500'000u, 2'600'000u}) {
    fs.limit_space(space);
    try {
      write_all(*store, content);
      FAIL("it fitted into " << space << " bytes");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::io);
      CHECK_FALSE(error.hint().empty());
    }
    fs.unlimited_space();
    expect_sound(*store, content);
    CHECK(std::filesystem::is_empty(folder / "s/tmp"));
  }
  write_all(*store, content);
  expect_complete(*store, content);
}

TEST_CASE("on a full disk garbage collection still drops what is dead", "[store][faults][gc]") {
  TemporaryFolder folder(memory_folder());
  FaultyFs fs;
  const auto store = open_store(folder / "s", &fs);
  const Bytes small = random_bytes(400'000, 6);
  const Bytes large = random_bytes(1'500'000, 7);
  {
    const auto batch = store->start_ingest();
    for (const Bytes* bytes : {&small, &large}) {
      const auto file = batch->start_file();
      file->write(*bytes);
      file->finish();
    }
    batch->commit();
  }
  const FileRecord dead = ingest(*store, random_bytes(300'000, 8));
  CollectOptions options;
  options.grace = std::chrono::seconds{0};
  const auto collect = [&] {
    return collect_garbage(*store, {sha256_of(small)}, options, silent_progress(), never_stopped());
  };
  fs.limit_space(1000);
  const CollectReport report = collect();
  CHECK(report.xorbs_dropped == 1);
  CHECK(report.xorbs_repacked == 0);
  CHECK_FALSE(report.not_repacked.empty());
  CHECK_FALSE(std::filesystem::exists(xorb_path(*store, dead.terms[0].xorb)));
  fs.unlimited_space();
  CHECK(collect().xorbs_repacked == 1);
  CHECK(read_back(*store, store->find_file(sha256_of(small)).value()) == small);
}

TEST_CASE("a crash between full xorbs loses the file, not the chunks", "[store][faults]") {
  const Bytes bytes = random_bytes(std::size_t{70} << 20, 5);
  for (std::uint64_t call = 10; call < 140; call += 26) {
    INFO("crash at call " << call);
    TemporaryFolder folder(memory_folder());
    FaultyFs fs;
    {
      const auto store = open_store(folder / "s", &fs, true);
      fs.crash_at(call);
      try {
        ingest(*store, bytes, 1 << 20);
      } catch (const Error& error) {
        REQUIRE(error.kind() == ErrorKind::io);
      }
    }
    fs.forget_unsynced();
    const auto store = open_store(folder / "s", &fs, true);
    CHECK(check(*store, silent_progress(), never_stopped()).clean());
    const FileRecord file = ingest(*store, bytes, 1 << 20);
    CHECK(sha256_of(read_back(*store, file)) == file.sha256);
    CHECK(store->totals().xorbs_local == 2);
  }
}

// --- other processes

namespace {

constexpr const char* kChildStore = "MHUB_TEST_CHILD_STORE";
constexpr const char* kChildSeed = "MHUB_TEST_CHILD_SEED";

Bytes child_bytes(std::uint64_t seed) {
  return joined({random_bytes(2'000'000, 70), random_bytes(1'500'000, seed)});
}

/// Runs the hidden test case below in a process of its own; returns what waitpid says.
class Child {
public:
  Child(const std::filesystem::path& store, std::uint64_t seed, const std::string& fault) {
    const std::string program = "/proc/self/exe";
    std::vector<std::string> arguments = {program, "ingest as another process"};
    std::vector<std::string> environment = {std::string(kChildStore) + "=" + store.string(),
                                            std::string(kChildSeed) + "=" + std::to_string(seed),
                                            "MHUB_FAULT=" + fault};
    std::vector<char*> argument_pointers;
    for (auto& text : arguments) argument_pointers.push_back(text.data());
    argument_pointers.push_back(nullptr);
    std::vector<char*> environment_pointers;
    for (auto& text : environment) environment_pointers.push_back(text.data());
    environment_pointers.push_back(nullptr);
    REQUIRE(::posix_spawn(&pid_, program.c_str(), nullptr, nullptr, argument_pointers.data(),
                          environment_pointers.data()) == 0);
  }
  int wait() const {
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    return status;
  }

private:
  pid_t pid_ = 0;
};

}  // namespace

TEST_CASE("ingest as another process", "[.child]") {
  const char* folder = std::getenv(kChildStore);
  const char* seed = std::getenv(kChildSeed);
  REQUIRE(folder != nullptr);
  REQUIRE(seed != nullptr);
  const auto store = open_store(folder, nullptr, true);
  for (int i = 0; i < 4; ++i) {
    const Bytes bytes = child_bytes(std::strtoull(seed, nullptr, 10));
    const FileRecord file = ingest(*store, bytes);
    REQUIRE(read_back(*store, file) == bytes);
  }
}

TEST_CASE("processes ingest at once into one store", "[store][processes]") {
  TemporaryFolder folder(memory_folder());
  {
    const Child one(folder / "s", 1, "");
    const Child two(folder / "s", 2, "");
    const Child three(folder / "s", 3, "");
    CHECK(one.wait() == 0);
    CHECK(two.wait() == 0);
    CHECK(three.wait() == 0);
  }
  const auto store = open_store(folder / "s");
  CHECK(check(*store, silent_progress(), never_stopped()).clean());
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Bytes bytes = child_bytes(seed);
    const auto file = store->find_file(sha256_of(bytes));
    REQUIRE(file);
    CHECK(read_back(*store, *file) == bytes);
  }
}

TEST_CASE("a killed process leaves a sound store", "[store][processes]") {
  for (const char* point : {"store.xorb_written", "store.xorb_renamed", "store.index_committed",
                            "store.ingest_file_done"}) {
    INFO(point);
    TemporaryFolder folder(memory_folder());
    const Child child(folder / "s", 9, std::string(point) + ":1=kill");
    const int status = child.wait();
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGKILL);

    // What was left behind goes when nobody can be writing to it any more.
    for (const auto& left : std::filesystem::directory_iterator(folder / "s/tmp"))
      std::filesystem::last_write_time(left, left.last_write_time() - std::chrono::hours{2});
    const auto store = open_store(folder / "s");
    CHECK(std::filesystem::is_empty(folder / "s/tmp"));
    CHECK(check(*store, silent_progress(), never_stopped()).clean());
    const Bytes bytes = child_bytes(9);
    CHECK(read_back(*store, ingest(*store, bytes)) == bytes);
    CHECK(check(*store, silent_progress(), never_stopped()).clean());
  }
}
