#include <mhub/repo/status.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;

namespace {

/// As `git status --porcelain` prints it, without renames.
std::string porcelain(Repository& repository, const Status& status) {
  std::map<std::string, std::string> lines;
  const auto line = [&](const std::string& path) -> std::string& {
    return lines.emplace(path, "  ").first->second;
  };
  for (const TreeChange& change : status.staged) line(change.path)[0] = letter_of(change.kind);
  for (const WorkChange& change : status.unstaged) line(change.path)[1] = letter_of(change.kind);
  for (const IndexConflict& conflict : status.conflicts) line(conflict.path) = "UU";
  std::string text;
  for (const auto& [path, letters] : lines) text += letters + " " + path + "\n";
  for (const std::string& path : status.untracked) text += "?? " + path + "\n";
  if (!text.empty()) text.pop_back();
  static_cast<void>(repository);
  return text;
}

std::string status_text(test::GitRepo& work, const CleanLargeFile& clean = {}) {
  StatusOptions options;
  options.detect_renames = false;
  return porcelain(*work, read_status(*work, options, clean));
}

/// Hashes like the clean filter, and counts.
struct Cleaner {
  test::GitRepo& work;
  int calls = 0;
  CleanLargeFile callback() {
    return [this](const std::string& path, const FileStat& stat) {
      ++calls;
      return hash_blob(
          as_bytes(wire::to_text({sha256_of(as_bytes(work.read(path))), stat.size_bytes})));
    };
  }
};

void add_large(test::GitRepo& work, const std::string& name) {
  const FileStat stat = *real_file_system().stat(work.path(name));
  Index index = Index::lock(*work);
  index.set_large_file(
      name, FileMode::regular,
      write_pointer(*work, {sha256_of(as_bytes(work.read(name))), stat.size_bytes}), stat);
  index.write();
}

}  // namespace

TEST_CASE("status says what git's says", "[repo][status]") {
  test::GitRepo work;
  for (const char* name : {"same", "edited", "staged", "both", "gone", "unstaged-gone", "mode",
                           "link", "d/x", "to-folder", "moved"})
    work.write(name, std::string(name) + " content\n");
  work.git_commit_all("first");
  work.write("edited", "other content here\n");
  work.write("staged", "x");
  work.write("both", "x");
  work.write("added", "x");
  work.git({"rm", "-q", "gone"});
  work.git({"mv", "moved", "here"});
  work.git({"add", "staged", "both", "added"});
  work.write("both", "yy");
  std::filesystem::remove(work.path("unstaged-gone"));
  std::filesystem::permissions(work.path("mode"), std::filesystem::perms::owner_all);
  std::filesystem::remove(work.path("link"));
  std::filesystem::create_symlink("same", work.path("link"));
  std::filesystem::remove(work.path("to-folder"));
  work.write("to-folder/inside", "x");
  work.write("new/file", "x");
  work.write("intent", "x");
  work.git({"add", "-N", "intent"});
  CHECK(status_text(work) == work.git({"status", "--porcelain", "--no-renames"}));

  StatusOptions options;
  const Status status = read_status(*work, options);
  REQUIRE(status.staged.size() == 5);
  CHECK(status.staged[3].kind == ChangeKind::renamed);
  CHECK(status.staged[3].old_path == "moved");
  options.paths = {"both", "new"};
  CHECK(porcelain(*work, read_status(*work, options)) == "MM both\n?? new/");
}

TEST_CASE("a fresh clone by git is clean, and so is a repository without commits",
          "[repo][status]") {
  test::GitRepo work;
  CHECK(status_text(work).empty());
  work.write("a", "x");
  work.git({"add", "a"});
  CHECK(status_text(work) == "A  a");
  work.git_commit_all("first");
  CHECK(status_text(work).empty());
}

TEST_CASE("a large file is read only if stat and size leave it open", "[repo][status][large]") {
  test::GitRepo work;
  Cleaner cleaner{work};
  work.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
  work.write("m.bin", std::string(5000, 'x'));
  backdate(*real_file_system().open_read(work.path("m.bin")));
  add_large(work, "m.bin");
  CHECK(status_text(work, cleaner.callback()) == "A  m.bin\n?? .gitattributes");
  CHECK(cleaner.calls == 0);

  SECTION("touched: the content decides, and the index then knows") {
    work.write("m.bin", std::string(5000, 'x'));
    backdate(*real_file_system().open_read(work.path("m.bin")));
    const Status status = read_status(*work, {}, cleaner.callback());
    CHECK(cleaner.calls == 1);
    CHECK(status.unstaged.empty());
    REQUIRE(status.refreshed.size() == 1);
    write_refreshed(*work, status);
    CHECK(read_status(*work, {}, cleaner.callback()).refreshed.empty());
    CHECK(cleaner.calls == 1);
    work.forbid_filter();
    work.status();
    CHECK_FALSE(work.filter_was_called());
  }
  SECTION("another size: no need to read") {
    work.write("m.bin", std::string(5001, 'x'));
    const Status status = read_status(*work, {}, cleaner.callback());
    CHECK(cleaner.calls == 0);
    REQUIRE(status.unstaged.size() == 1);
    CHECK(status.unstaged[0].is_large);
    CHECK(status.unstaged[0].size_bytes == 5001);
    CHECK(status.unstaged[0].old_size_bytes == 5000);
  }
  SECTION("the same size with other content") {
    work.write("m.bin", std::string(5000, 'y'));
    CHECK(status_text(work, cleaner.callback()) == "AM m.bin\n?? .gitattributes");
    CHECK(cleaner.calls == 1);
    CHECK(status_text(work) == "AM m.bin\n?? .gitattributes");
  }
  SECTION("a pointer in place of its content is not a change") {
    const std::string text = wire::to_text({sha256_of(as_bytes(work.read("m.bin"))), 5000});
    work.write("m.bin", text);
    CHECK(status_text(work, cleaner.callback()) == "A  m.bin\n?? .gitattributes");
    CHECK(cleaner.calls == 0);
  }
}

TEST_CASE("tracked files below a symlinked folder count as deleted", "[repo][status]") {
  test::GitRepo work;
  work.write("d/x", "x");
  work.git_commit_all("first");
  std::filesystem::rename(work.path("d"), work.folder() / "elsewhere");
  std::filesystem::create_symlink("../elsewhere", work.path("d"));
  CHECK(status_text(work) == work.git({"status", "--porcelain"}));
}

TEST_CASE("conflicts are listed apart", "[repo][status]") {
  test::GitRepo work;
  work.write("f", "base\n");
  work.git_commit_all("base");
  work.git({"checkout", "-q", "-b", "side"});
  work.write("f", "side\n");
  work.git_commit_all("side");
  work.git({"checkout", "-q", "main"});
  work.write("f", "main\n");
  work.git_commit_all("main");
  CHECK(work.try_git({"merge", "side"}).exit_code == 1);
  const Status status = read_status(*work);
  CHECK(status.staged.empty());
  CHECK(status.unstaged.empty());
  REQUIRE(status.conflicts.size() == 1);
  CHECK(status.conflicts[0].path == "f");
}

TEST_CASE("working files are hashed as git add does", "[repo][status]") {
  test::GitRepo work;
  work.write(".gitattributes", "*.txt text\n");
  work.write("a.txt", "one\r\ntwo\r\n");
  std::filesystem::create_symlink("a.txt", work.path("link"));
  for (const bool write : {false, true}) {
    const auto id = [&](const char* name) {
      return hash_working_file(*work, name, *real_file_system().stat(work.path(name)), write);
    };
    CHECK(id("a.txt").hex() == work.git({"hash-object", "--path=a.txt", "a.txt"}));
    CHECK(id("link") == hash_blob(as_bytes("a.txt")));
  }
  CHECK(work.git({"fsck", "--no-dangling"}).empty());
}
