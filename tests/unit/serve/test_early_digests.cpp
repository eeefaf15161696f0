#include <deque>

#include "../store/store_support.hpp"
#include "cas/early_digests.hpp"

namespace mhub {
namespace {

using serve::AnnouncedFile;
using serve::EarlyDigests;

constexpr std::int64_t kRepo = 7;

/// A file of three xorbs that lie in a store, and tasks that run when the test says so.
class Announced {
public:
  Announced() {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const Bytes part = test::random_bytes(std::size_t{6} << 20, seed);
      const store::FileRecord record = test::ingest(*store_, part);
      file_.terms.insert(file_.terms.end(), record.terms.begin(), record.terms.end());
      file_.size_bytes += part.size();
      append(content_, part);
    }
    REQUIRE(file_.terms.size() == 3);
  }

  void announce(std::vector<bool> usable) { digests.announce(kRepo, {{file_, usable}}); }
  void run_tasks() {
    while (!tasks_.empty()) {
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }
  std::size_t waiting() const { return tasks_.size(); }
  const store::FileRecord& file() const { return file_; }
  const xet::XorbHash& xorb(std::size_t term) const { return file_.terms[term].xorb; }
  std::uint64_t bytes_before(std::size_t term) const {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < term; ++i) bytes += file_.terms[i].size_bytes;
    return bytes;
  }
  /// What take() should give when it has come to the beginning of that term.
  void check_taken_before(std::size_t term) {
    auto taken = digests.take(kRepo, file_);
    CHECK(taken.bytes == bytes_before(term));
    CHECK(taken.hasher.finish() == sha256_of(ByteView(content_).first(bytes_before(term))));
  }

private:
  test::TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_ = test::open_store(folder_ / "store");
  std::deque<std::function<void()>> tasks_;
  StopToken stopping_;
  store::FileRecord file_;
  Bytes content_;

public:
  EarlyDigests digests{*store_,
                       [this](std::function<void()> task) { tasks_.push_back(std::move(task)); },
                       stopping_};
};

TEST_CASE("an announced file is hashed up to the first xorb that is missing", "[serve][cas]") {
  Announced a;
  a.announce({true, false, true});
  a.run_tasks();
  a.check_taken_before(1);
}

TEST_CASE("hashing goes on when the missing xorb arrives, in any order", "[serve][cas]") {
  Announced a;
  a.announce({false, false, false});
  CHECK(a.waiting() == 0);
  a.digests.xorb_arrived(kRepo, a.xorb(2));
  CHECK(a.waiting() == 0);
  a.digests.xorb_arrived(kRepo, a.xorb(0));
  a.run_tasks();
  a.digests.xorb_arrived(kRepo, a.xorb(1));
  a.run_tasks();
  a.check_taken_before(3);
}

TEST_CASE("a xorb of another repository does not let hashing go on", "[serve][cas]") {
  Announced a;
  a.announce({false, true, true});
  a.digests.xorb_arrived(kRepo + 1, a.xorb(0));
  a.run_tasks();
  a.check_taken_before(0);
}

TEST_CASE("what was hashed is given for that very recipe and repository", "[serve][cas]") {
  Announced a;
  a.announce({true, true, true});
  a.run_tasks();
  store::FileRecord other = a.file();
  std::swap(other.terms[0], other.terms[1]);
  CHECK(a.digests.take(kRepo, other).bytes == 0);
  CHECK(a.digests.take(kRepo + 1, a.file()).bytes == 0);
  a.check_taken_before(3);
  CHECK(a.digests.take(kRepo, a.file()).bytes == 0);
}

TEST_CASE("work that waits when the file is taken is not done", "[serve][cas]") {
  Announced a;
  a.announce({true, true, true});
  CHECK(a.waiting() == 1);
  a.check_taken_before(0);
  a.run_tasks();
}

TEST_CASE("an announcement that the store contradicts is given up", "[serve][cas]") {
  Announced a;
  store::FileRecord wrong = a.file();
  wrong.terms[1].end_chunk += 1000;
  a.digests.announce(kRepo, {AnnouncedFile{wrong, {true, true, true}}});
  a.run_tasks();
  CHECK(a.digests.take(kRepo, wrong).bytes == 0);
}

TEST_CASE("only the newest announcements are kept", "[serve][cas]") {
  Announced a;
  a.announce({true, true, true});
  a.run_tasks();
  for (std::int64_t repo = 100; repo < 116; ++repo)
    a.digests.announce(repo, {AnnouncedFile{a.file(), {false, false, false}}});
  a.check_taken_before(0);
}

TEST_CASE("small files are not hashed ahead", "[serve][cas]") {
  Announced a;
  store::FileRecord small = a.file();
  small.terms.resize(1);
  small.size_bytes = small.terms[0].size_bytes;
  a.digests.announce(kRepo, {AnnouncedFile{small, {true}}});
  CHECK(a.waiting() == 0);
}

}  // namespace
}  // namespace mhub
