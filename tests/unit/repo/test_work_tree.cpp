#include <mhub/repo/objects.hpp>
#include <mhub/repo/work_tree.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;

TEST_CASE("paths that could reach outside the work tree are not safe", "[repo][paths]") {
  using namespace std::string_view_literals;
  for (const std::string_view path :
       {"a"sv, "a/b.c"sv, ".gitignore"sv, "a/.gitattributes"sv, "git"sv, ".github/x"sv, "a b"sv,
        "..."sv, ".gitx"sv, "git~10"sv, "a:b"sv, "\xe6\x97\xa5"sv, "-x"sv, "CON"sv, "x.git"sv}) {
    INFO(path);
    CHECK(is_safe_tree_path(path));
  }
  for (const std::string_view path : {""sv,
                                      "/a"sv,
                                      "a/"sv,
                                      "a//b"sv,
                                      "."sv,
                                      ".."sv,
                                      "a/../b"sv,
                                      "../a"sv,
                                      "a/.."sv,
                                      "./a"sv,
                                      ".git"sv,
                                      ".git/config"sv,
                                      "a/.git/hooks/x"sv,
                                      ".GIT/config"sv,
                                      ".Git"sv,
                                      "git~1"sv,
                                      "GIT~1/config"sv,
                                      ".git "sv,
                                      ".git."sv,
                                      ".git. . "sv,
                                      ".git::$INDEX_ALLOCATION/x"sv,
                                      ".git:x"sv,
                                      "a\\b"sv,
                                      "..\\a"sv,
                                      ".git\\config"sv,
                                      ".g\u200cit/config"sv,
                                      "\ufeff.git"sv,
                                      ".GI\u200dT"sv,
                                      "a\0b"sv}) {
    INFO(printable(path));
    CHECK_FALSE(is_safe_tree_path(path));
  }
  CHECK_FALSE(is_safe_tree_path(std::string(5000, 'a')));
  CHECK(is_safe_tree_path(".gitmodules"));
  for (const std::string_view path : {".gitmodules"sv, ".GITMODULES"sv, "gitmod~1"sv}) {
    CHECK_FALSE(is_safe_tree_path(path, FileMode::symlink));
  }
  CHECK_THROWS_MATCHES(require_safe_tree_path("../x"), Error, HasKind(ErrorKind::corrupt));
}

TEST_CASE("small files are written with their mode, links as links", "[repo][worktree]") {
  test::GitRepo work;
  const auto put = [&](const std::string& path, FileMode mode, std::string_view text) {
    const ObjectId id = write_blob(*work, as_bytes(text));
    return write_working_file(*work, {path, mode, id}, as_bytes(text));
  };
  put("d/e/plain", FileMode::regular, "text");
  put("tool", FileMode::executable, "#!/bin/sh\n");
  put("link", FileMode::symlink, "d/e/plain");
  CHECK(work.read("d/e/plain") == "text");
  CHECK(work.read("link") == "text");
  CHECK(std::filesystem::is_symlink(work.path("link")));
  put("link", FileMode::regular, "now a file");
  CHECK_FALSE(std::filesystem::is_symlink(work.path("link")));
  CHECK(work.read("d/e/plain") == "text");
  CHECK((std::filesystem::status(work.path("tool")).permissions() &
         std::filesystem::perms::owner_exec) != std::filesystem::perms::none);
  CHECK(work.git({"status", "--porcelain"}) == "?? d/\n?? link\n?? tool");

  CHECK(remove_working_file(*work, "d/e/plain"));
  CHECK_FALSE(std::filesystem::exists(work.path("d")));
  CHECK_FALSE(remove_working_file(*work, "d/e/plain"));
}

TEST_CASE("line ends are written as the attributes say", "[repo][worktree]") {
  test::GitRepo work;
  work.write(".gitattributes", "*.txt text eol=crlf\n");
  write_working_file(*work, {"a.txt", FileMode::regular, {}}, as_bytes("one\ntwo\n"));
  CHECK(work.read("a.txt") == "one\r\ntwo\r\n");
}

TEST_CASE("nothing is written through a symlinked folder", "[repo][worktree]") {
  test::GitRepo work;
  std::filesystem::create_directories(work.folder() / "outside");
  std::filesystem::create_symlink("../outside", work.path("link"));
  const PathEntry entry{"link/x", FileMode::regular, {}};
  CHECK_THROWS_MATCHES(write_working_file(*work, entry, as_bytes("x")), Error,
                       HasKind(ErrorKind::conflict));
  CHECK_THROWS_MATCHES(prepare_parent(*work, "../x"), Error, HasKind(ErrorKind::corrupt));
  CHECK_THROWS_MATCHES(prepare_parent(*work, ".git/hooks/pre-push"), Error,
                       HasKind(ErrorKind::corrupt));
  std::ofstream(work.folder() / "outside" / "kept") << "x";
  CHECK_FALSE(remove_working_file(*work, "link/kept"));
  CHECK_FALSE(existing_path(*work, "link/kept"));
  CHECK(std::filesystem::exists(work.folder() / "outside" / "kept"));
  CHECK_FALSE(std::filesystem::exists(work.folder() / "outside" / "x"));
}

TEST_CASE("untracked files are those that git lists", "[repo][worktree][ignore]") {
  test::GitRepo work;
  for (const char* name :
       {"tracked",    "dir/tracked",   "dir/new",          "other/x",        "other/y/z",
        "logs/a.log", "logs/keep.txt", "build/out",        "build/deep/out", "a.tmp",
        "b.tmp",      "dir/a.tmp",     "only/ignored.tmp", "anchored",       "dir/anchored",
        "x y ",       "deep/cache/x",  "deep/z",           "ign/tracked",    "ign/new",
        "user.me",    "excl"})
    work.write(name, name);
  work.write(".gitignore",
             "# note\n*.tmp\n!b.tmp\nbuild/\n/anchored\n*.log\n**/cache\nign\n\\#x\ntrail  \n");
  work.write("dir/.gitignore", "!a.tmp\n");
  work.write(".git/info/exclude", "excl\n");
  work.git({"config", "core.excludesFile", (work.folder() / "global").string()});
  std::ofstream(work.folder() / "global") << "*.me\n";
  work.git({"add", "-f", "tracked", "dir/tracked", "ign/tracked"});
  std::filesystem::create_directories(work.path("nested"));
  work.git({"init", "-q", "nested"});
  work.write("nested/x", "x");
  work.git({"-C", "nested", "add", "x"});
  work.git({"-C", "nested", "commit", "-qm", "x"});
  std::filesystem::create_directories(work.path("empty/er"));

  const Index index = Index::read(*work);
  const auto joined = [](const std::vector<std::string>& paths) {
    std::string text;
    for (const std::string& path : paths) text += path + "\n";
    if (!text.empty()) text.pop_back();
    return text;
  };
  const auto from_git = [&](const char* mode) {
    const std::string out = work.git({"status", "--porcelain", "-z", mode});
    std::vector<std::string> paths;
    for (std::size_t at = 0; at < out.size();) {
      const std::string line = out.c_str() + at;
      if (line.starts_with("?? ")) paths.push_back(line.substr(3));
      at += line.size() + 1;
    }
    std::sort(paths.begin(), paths.end());
    return joined(paths);
  };
  CHECK(joined(find_untracked(*work, index, {{}, UntrackedMode::all, false})) == from_git("-uall"));
  CHECK(joined(find_untracked(*work, index, {{}, UntrackedMode::normal, false})) ==
        from_git("-unormal"));
  CHECK(joined(find_untracked(*work, index, {{"dir", "other/y"}, UntrackedMode::all, false})) ==
        "dir/.gitignore\ndir/a.tmp\ndir/anchored\ndir/new\nother/y/z");
  CHECK(find_untracked(*work, index, {{}, UntrackedMode::none, false}).empty());
  const auto with_ignored = find_untracked(*work, index, {{"build"}, UntrackedMode::all, true});
  CHECK(joined(with_ignored) == "build/deep/out\nbuild/out");
  for (const char* path : {"a.tmp", "b.tmp", "build/x/y", "dir/a.tmp", "deep/cache/x", "ign/new",
                           "dir/new", "user.me", "excl"}) {
    INFO(path);
    CHECK(is_ignored(*work, path, false) ==
          (work.try_git({"check-ignore", "-q", "--no-index", path}).exit_code == 0));
  }
}
