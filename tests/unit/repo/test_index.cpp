#include <csignal>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mhub/repo/index.hpp>
#include <mhub/repo/objects.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;
using test::id_of;

namespace {

FileStat stat_of(const std::filesystem::path& path) {
  return *real_file_system().stat(path);
}

/// What `mhub add` does with a large file, less the chunks.
ObjectId stage_large(test::GitRepo& work, Index& index, const std::string& name) {
  const FileStat stat = stat_of(work.path(name));
  const ObjectId blob =
      write_pointer(*work, {sha256_of(as_bytes(work.read(name))), stat.size_bytes});
  index.set_large_file(name, FileMode::regular, blob, stat);
  return blob;
}

const std::string kAttributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n";

void stage_attributes(test::GitRepo& work, Index& index) {
  work.write(".gitattributes", kAttributes);
  index.set_file(".gitattributes", FileMode::regular, write_blob(*work, as_bytes(kAttributes)),
                 stat_of(work.path(".gitattributes")));
}

}  // namespace

TEST_CASE("an index is empty before the first add", "[repo][index]") {
  test::GitRepo work;
  CHECK(Index::read(*work).size() == 0);
  Index index = Index::lock(*work);
  CHECK(index.size() == 0);
  CHECK(index.write_tree() == empty_tree(*work));
}

TEST_CASE("git trusts the entry of a large file that was just written", "[repo][index]") {
  test::GitRepo work;
  work.forbid_filter();
  Index index = Index::lock(*work);
  stage_attributes(work, index);
  work.write("m.bin", std::string(100'000, 'x'));
  stage_large(work, index, "m.bin");
  index.write();
  const auto who = *work->configured_identity();
  const ObjectId commit = write_commit(*work, {Index::read(*work).write_tree(), {}, who, who, "m"});
  REQUIRE(work->move_head(std::nullopt, commit, "commit"));
  CHECK(work.status().empty());
  CHECK_FALSE(work.filter_was_called());
  // Without the wait git must look into the file, which shows that the test can fail.
  work.write("m.bin", std::string(100'000, 'y'));
  index = Index::lock(*work);
  stage_large(work, index, "m.bin");
  index.write(false);
  work.try_git({"status", "--porcelain"});
  CHECK(work.filter_was_called());
}

TEST_CASE("a backdated file needs no wait", "[repo][index]") {
  test::GitRepo work;
  work.forbid_filter();
  Index index = Index::lock(*work);
  stage_attributes(work, index);
  work.write("m.bin", std::string(100'000, 'x'));
  backdate(*real_file_system().open_read(work.path("m.bin")));
  stage_large(work, index, "m.bin");
  index.write(false);
  CHECK(work.git({"status", "--porcelain"}) == "A  .gitattributes\nA  m.bin");
  CHECK_FALSE(work.filter_was_called());
  const auto entry = Index::read(*work).find("m.bin");
  REQUIRE(entry);
  CHECK(entry->stat.size == 100'000);
  CHECK(Index::read(*work).is_unchanged(*entry, stat_of(work.path("m.bin"))));

  work.write("m.bin", std::string(100'000, 'y'));
  CHECK_FALSE(Index::read(*work).is_unchanged(*entry, stat_of(work.path("m.bin"))));
  work.try_git({"status", "--porcelain"});
  CHECK(work.filter_was_called());
}

TEST_CASE("writing the index does not read large files", "[repo][index]") {
  test::GitRepo work;
  work.write(".gitattributes", kAttributes);
  work.write("huge.bin", "");
  std::filesystem::resize_file(work.path("huge.bin"), std::uint64_t{1} << 40);  // a hole
  const FileStat stat = stat_of(work.path("huge.bin"));
  const ObjectId blob = write_pointer(*work, {sha256_of({}), stat.size_bytes});
  Index index = Index::lock(*work);
  index.set_large_file("huge.bin", FileMode::regular, blob, stat);
  index.write(false);
  index = Index::lock(*work);
  index.set_unverified("other", FileMode::regular, blob);
  index.write(false);
  const auto entry = Index::read(*work).find("huge.bin");
  REQUIRE(entry);
  CHECK(index.size() == 2);
}

TEST_CASE("a file that changed while it was staged is looked at again", "[repo][index]") {
  test::GitRepo work;
  work.write("a.txt", "one");
  const FileStat before = stat_of(work.path("a.txt"));
  const ObjectId blob = write_blob(*work, as_bytes("one"));
  SECTION("before it is set") {
    work.write("a.txt", "two");
    Index index = Index::lock(*work);
    index.set_file("a.txt", FileMode::regular, blob, before);
    index.write();
  }
  SECTION("between set and write") {
    Index index = Index::lock(*work);
    index.set_large_file("a.txt", FileMode::regular, blob, before);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    work.write("a.txt", "two");
    index.write();
  }
  CHECK(Index::read(*work).find("a.txt")->stat.size == 0);
  CHECK(work.git({"status", "--porcelain"}) == "AM a.txt");
}

TEST_CASE("an entry that was racy stays so when the index is written again", "[repo][index]") {
  test::GitRepo work;
  for (int attempt = 0; attempt < 3; ++attempt) {
    work.write("a.txt", "one");
    work.git({"add", "a.txt"});
    work.write("a.txt", "two");  // same size; often the same second as the index
    Index index = Index::lock(*work);
    index.set_unverified("other", FileMode::regular, write_blob(*work, as_bytes("x")));
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    index.write();
    CHECK(work.git({"status", "--porcelain", "a.txt"}) == "AM a.txt");
  }
}

TEST_CASE("the index excludes other writers while it is locked", "[repo][index]") {
  test::GitRepo work;
  work.write("a.txt", "one");
  {
    Index index = Index::lock(*work);
    CHECK(work.try_git({"add", "a.txt"}).exit_code == 128);
    CHECK_THROWS_MATCHES(Index::lock(*work, std::chrono::milliseconds(50)), Error,
                         HasKind(ErrorKind::busy));
  }
  CHECK(work.try_git({"add", "a.txt"}).exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(work.path(".git/index.mhub")));
}

TEST_CASE("the lock of a killed mhub is taken over, anybody else's is not", "[repo][index]") {
  test::GitRepo work;
  const auto no_wait = std::chrono::milliseconds(0);
  const pid_t child = ::fork();
  if (child == 0) {
    const Index index = Index::lock(*work);
    ::kill(::getpid(), SIGKILL);
  }
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(std::filesystem::exists(work.path(".git/index.lock")));
  work.write(".git/index.mhub.lock", "half written");
  {
    Index index = Index::lock(*work, no_wait);
    index.set_unverified("x", FileMode::regular, write_blob(*work, as_bytes("x")));
    CHECK_THROWS_MATCHES(Index::lock(*work, no_wait), Error, HasKind(ErrorKind::busy));
    index.write();
  }
  CHECK(Index::read(*work).size() == 1);
  work.write(".git/index.lock", "");
  CHECK_THROWS_MATCHES(Index::lock(*work, no_wait), Error, HasKind(ErrorKind::busy));
  work.write(".git/index.lock", "of another program");
  CHECK_THROWS_MATCHES(Index::lock(*work, no_wait), Error, HasKind(ErrorKind::busy));
  CHECK(work.read(".git/index.lock") == "of another program");
}

TEST_CASE("entries are removed, replaced and turned into trees like git's", "[repo][index]") {
  test::GitRepo work;
  for (const char* name : {"a", "b", "d/x", "d/y"}) work.write(name, name);
  work.git({"add", "-A"});
  const ObjectId blob = write_blob(*work, as_bytes("new"));
  Index index = Index::lock(*work);
  CHECK(index.size() == 4);
  CHECK(index.has_folder("d"));
  CHECK_FALSE(index.has_folder("a"));
  CHECK(index.remove("b"));
  CHECK_FALSE(index.remove("b"));
  index.set_unverified("d", FileMode::regular, blob);  // pushes d/x and d/y out
  index.set_unverified("a/deep", FileMode::executable, blob);
  CHECK(index.size() == 2);
  const ObjectId tree = index.write_tree();
  index.write();
  CHECK(work.git({"write-tree"}) == tree.hex());
  CHECK(work.git({"ls-files", "-s"}) ==
        "100755 " + blob.hex() + " 0\ta/deep\n100644 " + blob.hex() + " 0\td");
}

TEST_CASE("an index without a checksum is read", "[repo][index]") {
  test::GitRepo work;
  work.write("a", "x");
  work.git({"add", "a"});
  std::string content = work.read(".git/index");
  work.write(".git/index", content.replace(content.size() - 20, 20, std::string(20, '\0')));
  CHECK(Index::read(*work).size() == 1);
  Index index = Index::lock(*work);
  index.set_unverified("b", FileMode::regular, write_blob(*work, as_bytes("x")));
  index.write();
  CHECK(work.git({"ls-files"}) == "a\nb");
  std::size_t left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(work.path(".git"))) {
    if (entry.path().filename().string().starts_with("index")) ++left;
  }
  CHECK(left == 1);
}

TEST_CASE("conflicts are recorded as git does and resolved by an add", "[repo][index]") {
  test::GitRepo work;
  work.write("f", "base");
  work.git_commit_all("base");
  const auto entry = [&](const char* text) {
    return PathEntry{"f", FileMode::regular, write_blob(*work, as_bytes(text))};
  };
  Index index = Index::lock(*work);
  index.set_conflict({"f", entry("base"), entry("ours"), entry("theirs")});
  index.set_conflict({"gone", entry("base"), std::nullopt, entry("theirs")});
  CHECK(index.has_conflicts());
  CHECK_THROWS_MATCHES(index.write_tree(), Error, HasKind(ErrorKind::conflict));
  index.write();
  CHECK(work.git({"status", "--porcelain"}) == "UU f\nDU gone");
  index = Index::lock(*work);
  REQUIRE(index.conflicts().size() == 2);
  CHECK(index.conflicts()[0].ours == entry("ours"));
  CHECK_FALSE(index.conflicts()[1].ours);
  index.set_file("f", FileMode::regular, entry("base").id, stat_of(work.path("f")));
  index.remove("gone");
  CHECK_FALSE(index.has_conflicts());
  index.write();
  CHECK(work.status().empty());
}

TEST_CASE("reading a tree keeps the stat data of what does not change", "[repo][index]") {
  test::GitRepo work;
  work.write("a", "1");
  work.write("b", "1");
  const ObjectId first = id_of(work.git_commit_all("first"));
  work.write("b", "22");
  work.git_commit_all("second");
  Index index = Index::lock(*work);
  index.read_tree(read_commit(*work, first).tree);
  CHECK(index.find("a")->stat.size == 1);
  CHECK(index.find("b")->stat.mtime_s == 0);
  index.write();
  CHECK(work.git({"status", "--porcelain"}) == "MM b");
}
