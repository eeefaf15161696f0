#include <mhub/repo/objects.hpp>
#include <mhub/repo/repository.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;

TEST_CASE("a new repository is one for git", "[repo]") {
  test::GitRepo work;
  CHECK(work.git({"symbolic-ref", "HEAD"}) == "refs/heads/main");
  CHECK(work.git({"status", "--porcelain=v1", "-b"}) == "## No commits yet on main");
  CHECK(work->head().is_unborn());
  CHECK(work->head().branch == "main");
  CHECK(work->git_folder() == work.path(".git"));
  CHECK(work->require_work_tree() == work.path());

  test::GitRepo bare(true);
  CHECK(bare->is_bare());
  CHECK(bare.git({"rev-parse", "--is-bare-repository"}) == "true");
  CHECK_THROWS_MATCHES(bare->require_work_tree(), Error, HasKind(ErrorKind::usage));
}

TEST_CASE("a repository is found from a folder inside it", "[repo]") {
  test::GitRepo work;
  std::filesystem::create_directories(work.path("a/b"));
  CHECK(Repository::discover(work.path("a/b")).git_folder() == work.path(".git"));
  CHECK_THROWS_MATCHES(Repository::open(work.path("a/b")), Error, HasKind(ErrorKind::not_found));
  test::TemporaryFolder elsewhere;
  CHECK_THROWS_MATCHES(Repository::discover(elsewhere.path()), Error,
                       HasKind(ErrorKind::not_found));
}

TEST_CASE("another work tree has its own git folder and shares the rest", "[repo]") {
  test::GitRepo work;
  work.git_commit_all("first");
  work.git({"worktree", "add", "-q", "-b", "side", "../side"});
  Repository side = Repository::open(work.folder() / "side");
  CHECK(side.git_folder() == work.path(".git/worktrees/side"));
  CHECK(side.common_folder() == work.path(".git"));
  CHECK(side.require_work_tree() == work.folder() / "side");
  CHECK(side.head().branch == "side");
}

TEST_CASE("paths are made relative to the work tree", "[repo]") {
  test::GitRepo work;
  std::filesystem::create_directories(work.path("a/b"));
  std::filesystem::create_symlink("a", work.path("link"));
  CHECK(work->relative_path("x", work.path("a")) == "a/x");
  CHECK(work->relative_path("../x", work.path("a")) == "x");
  CHECK(work->relative_path(work.path("a/b/"), "/") == "a/b");
  CHECK(work->relative_path(".", work.path()) == "");
  CHECK(work->relative_path("link", work.path()) == "link");
  CHECK(work->relative_path("link/x", work.path()) == "a/x");
  CHECK_THROWS_MATCHES(work->relative_path("../..", work.path("a")), Error,
                       HasKind(ErrorKind::usage));
  CHECK_THROWS_MATCHES(work->relative_path(".git/config", work.path()), Error,
                       HasKind(ErrorKind::usage));
}

TEST_CASE("HEAD moves only from where it is expected", "[repo][head]") {
  test::GitRepo work;
  const ObjectId tree = empty_tree(*work);
  const auto who = *work->configured_identity();
  const ObjectId first = write_commit(*work, {tree, {}, who, who, "first\n"});
  const ObjectId second = write_commit(*work, {tree, {first}, who, who, "second\n"});
  CHECK_FALSE(work->move_head(first, second, "commit: second"));
  CHECK(work->move_head(std::nullopt, first, "commit (initial): first"));
  CHECK_FALSE(work->move_head(std::nullopt, second, "commit: second"));
  CHECK(work->move_head(first, second, "commit: second"));
  CHECK(work->head().commit == second);
  CHECK(work.git({"log", "--format=%s"}) == "second\nfirst");
  CHECK(work.git({"reflog", "--format=%gs"}) == "commit: second\ncommit (initial): first");
  CHECK(work.git({"reflog", "main", "--format=%gs"}) == "commit: second\ncommit (initial): first");

  work->set_head_detached(first, "checkout: moving from main to " + first.hex());
  CHECK(work->head().is_detached());
  CHECK(work->move_head(first, second, "commit: again"));
  CHECK(work.git({"rev-parse", "HEAD"}) == second.hex());
  work->set_head_to_branch("main", "checkout: moving from x to main");
  CHECK(work.git({"symbolic-ref", "HEAD"}) == "refs/heads/main");
  CHECK(work.git({"fsck", "--strict"}).empty());
}
