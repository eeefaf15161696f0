#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;
using test::id_of;

namespace {

struct TwoCommits {
  test::GitRepo work;
  ObjectId first = id_of(work.git_commit_all("first"));
  ObjectId second = id_of(work.git_commit_all("second"));
  Repository& repository = *work;
};

}  // namespace

TEST_CASE("a reference moves only if it is as expected", "[repo][refs]") {
  TwoCommits has;
  auto& [work, first, second, repository] = has;
  const std::string name = "refs/heads/side";
  CHECK_FALSE(update_ref(repository, name, first, Expected::at(second), "no"));
  CHECK_FALSE(find_ref(repository, name));
  CHECK(update_ref(repository, name, first, Expected::none(), "branch: Created"));
  CHECK_FALSE(update_ref(repository, name, second, Expected::none(), "no"));
  CHECK_FALSE(update_ref(repository, name, second, Expected::at(second), "no"));
  CHECK(update_ref(repository, name, second, Expected::at(first), "moved\nby a test"));
  CHECK(work.git({"rev-parse", name}) == second.hex());
  CHECK(work.git({"reflog", "side", "--format=%gs"}) == "moved by a test\nbranch: Created");
  work.git({"pack-refs", "--all"});
  CHECK(find_ref(repository, name)->target == second);
  CHECK(update_ref(repository, name, first, Expected::at(second), "packed"));
  CHECK_FALSE(delete_ref(repository, name, Expected::at(second)));
  CHECK(delete_ref(repository, name, Expected::at(first)));
  CHECK_FALSE(find_ref(repository, name));
  CHECK(work.try_git({"rev-parse", "--verify", "-q", name}).exit_code == 1);
}

TEST_CASE("bad reference updates are refused", "[repo][refs]") {
  TwoCommits has;
  auto& [work, first, second, repository] = has;
  CHECK_THROWS_MATCHES(update_ref(repository, "refs/heads/a..b", first, {}, ""), Error,
                       HasKind(ErrorKind::usage));
  CHECK_THROWS_MATCHES(update_ref(repository, "refs/heads/x", ObjectId{}, {}, ""), Error,
                       HasKind(ErrorKind::not_found));
  CHECK_THROWS_MATCHES(update_ref(repository, "refs/heads/main/x", first, {}, ""), Error,
                       HasKind(ErrorKind::conflict));
  update_ref(repository, "refs/heads/f/x", first, {}, "");
  CHECK_THROWS_MATCHES(update_ref(repository, "refs/heads/f", first, {}, ""), Error,
                       HasKind(ErrorKind::conflict));
  CHECK_FALSE(is_valid_branch_name("-x"));
  CHECK_FALSE(is_valid_branch_name("a b"));
  CHECK(is_valid_branch_name("feature/x"));
  work.write(".git/refs/heads/side.lock", "");
  CHECK_THROWS_MATCHES(update_ref(repository, "refs/heads/side", first, {}, ""), Error,
                       HasKind(ErrorKind::busy));
}

TEST_CASE("references are listed with what they point at", "[repo][refs]") {
  TwoCommits has;
  auto& [work, first, second, repository] = has;
  work.git({"tag", "v1", first.hex()});
  work.git({"symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/main"});
  const auto refs = list_refs(repository);
  REQUIRE(refs.size() == 3);
  CHECK(refs[0].name == "refs/heads/main");
  CHECK(refs[1].symbolic_target == "refs/heads/main");
  CHECK(refs[1].target == second);
  CHECK(refs[2].target == first);
  CHECK(list_refs(repository, "refs/tags/").size() == 1);
}

TEST_CASE("branches have upstreams, are renamed and deleted", "[repo][refs]") {
  TwoCommits has;
  auto& [work, first, second, repository] = has;
  add_remote(repository, "origin", "https://hub.example/m");
  set_upstream(repository, "main", "origin", "refs/heads/main");
  CHECK(upstream_of(repository, "main")->tracking_ref == "refs/remotes/origin/main");
  CHECK_FALSE(upstream_of(repository, "other"));
  rename_branch(repository, "main", "trunk", false);
  CHECK(work.git({"symbolic-ref", "HEAD"}) == "refs/heads/trunk");
  CHECK(work.git({"config", "branch.trunk.merge"}) == "refs/heads/main");
  work.git({"branch", "side"});
  CHECK_THROWS_MATCHES(rename_branch(repository, "side", "trunk", false), Error,
                       HasKind(ErrorKind::conflict));
  CHECK_THROWS_MATCHES(delete_branch(repository, "trunk"), Error, HasKind(ErrorKind::conflict));
  work.git({"worktree", "add", "-q", "../side", "side"});
  CHECK_THROWS_MATCHES(delete_branch(repository, "side"), Error, HasKind(ErrorKind::conflict));
  work.git({"worktree", "remove", "../side"});
  delete_branch(repository, "side");
  CHECK(work.git({"branch", "--format=%(refname:short)"}) == "trunk");
  CHECK_THROWS_MATCHES(delete_branch(repository, "side"), Error, HasKind(ErrorKind::not_found));
}

TEST_CASE("annotated tags lead to their commits", "[repo][refs]") {
  TwoCommits has;
  auto& [work, first, second, repository] = has;
  const ObjectId tag =
      write_tag(repository, "v1", first, *repository.configured_identity(), "one\n");
  update_ref(repository, "refs/tags/v1", tag, Expected::none(), "");
  CHECK(work.git({"rev-parse", "v1^{commit}"}) == first.hex());
  CHECK(read_tag(repository, tag)->target == first);
  CHECK(read_tag(repository, tag)->message == "one\n");
  CHECK_FALSE(read_tag(repository, first));
  CHECK(peel_to_commit(repository, tag) == first);
  CHECK(work.git({"fsck", "--strict"}).empty());
}

TEST_CASE("remotes are settings that git understands", "[repo][refs][remotes]") {
  TwoCommits has;
  auto& [work, first, second, repository] = has;
  add_remote(repository, "origin", "https://hub.example/team/model");
  CHECK(work.git({"remote", "get-url", "origin"}) == "https://hub.example/team/model");
  CHECK(work.git({"config", "remote.origin.fetch"}) == "+refs/heads/*:refs/remotes/origin/*");
  CHECK_THROWS_MATCHES(add_remote(repository, "origin", "x"), Error, HasKind(ErrorKind::conflict));
  CHECK_THROWS_MATCHES(add_remote(repository, "a b", "x"), Error, HasKind(ErrorKind::usage));
  set_remote_url(repository, "origin", "hub:team/model", false);
  work.git({"config", "url.https://hub.example/.insteadOf", "hub:"});
  work.git({"config", "url.https://write.example/.pushInsteadOf", "hub:"});
  CHECK(find_remote(repository, "origin")->url == work.git({"remote", "get-url", "origin"}));
  CHECK(find_remote(repository, "origin")->push_url ==
        work.git({"remote", "get-url", "--push", "origin"}));

  update_ref(repository, "refs/remotes/origin/main", first, {}, "");
  set_symbolic_ref(repository, "refs/remotes/origin/HEAD", "refs/remotes/origin/main", "");
  set_upstream(repository, "main", "origin", "refs/heads/main");
  rename_remote(repository, "origin", "hub");
  CHECK(work.git({"for-each-ref", "--format=%(refname) %(symref)", "refs/remotes"}) ==
        "refs/remotes/hub/HEAD refs/remotes/hub/main\nrefs/remotes/hub/main ");
  CHECK(work.git({"config", "branch.main.remote"}) == "hub");
  CHECK(work.git({"config", "remote.hub.fetch"}) == "+refs/heads/*:refs/remotes/hub/*");
  remove_remote(repository, "hub");
  CHECK(work.git({"remote"}).empty());
  CHECK(list_refs(repository, "refs/remotes/").empty());
  CHECK_FALSE(upstream_of(repository, "main"));
  CHECK_THROWS_MATCHES(remove_remote(repository, "hub"), Error, HasKind(ErrorKind::not_found));
}

TEST_CASE("refspecs map names both ways", "[repo][refs][remotes]") {
  const Refspec rule = Refspec::parse("+refs/heads/*:refs/remotes/o/*");
  CHECK(rule.force);
  CHECK(rule.map("refs/heads/a/b") == "refs/remotes/o/a/b");
  CHECK_FALSE(rule.map("refs/tags/a"));
  CHECK(rule.map_back("refs/remotes/o/a") == "refs/heads/a");
  CHECK(rule.text() == "+refs/heads/*:refs/remotes/o/*");
  CHECK(Refspec::parse("main:refs/x").map("main") == "refs/x");
  CHECK_THROWS_MATCHES(Refspec::parse("a/*:b"), Error, HasKind(ErrorKind::config));
}

TEST_CASE("revisions are read in git's syntax", "[repo][refs]") {
  TwoCommits has;
  auto& [work, first, second, repository] = has;
  work.write("d/f", "content");
  const ObjectId third = id_of(work.git_commit_all("third"));
  work.git({"tag", "-a", "-m", "tag", "v1", first.hex()});
  for (const std::string text : {"HEAD", "@", "HEAD~2", "main^", "main@{1}", "v1", "v1^{commit}",
                                 "HEAD^{tree}", "HEAD:d/f", "HEAD@{0}", "@~1", "@^"}) {
    INFO(text);
    CHECK(find_revision(repository, text)->hex() == work.git({"rev-parse", text}));
  }
  CHECK(find_revision(repository, third.hex().substr(0, 8)) == third);
  CHECK_FALSE(find_revision(repository, "nothing"));
  CHECK_FALSE(find_revision(repository, "HEAD~9"));
  CHECK(require_commit(repository, "v1") == first);
  CHECK_THROWS_MATCHES(require_commit(repository, "HEAD:d/f"), Error,
                       HasKind(ErrorKind::not_found));
  const RevisionRange range = require_range(repository, "v1..main");
  CHECK(range.tips == std::vector<ObjectId>{third});
  CHECK(range.hidden == std::vector<ObjectId>{first});
  CHECK(require_range(repository, "HEAD~1..").tips == std::vector<ObjectId>{third});
  CHECK(require_range(repository, "HEAD~1...v1").hidden == std::vector<ObjectId>{first});
  CHECK(expand_ref_name(repository, "v1") == "refs/tags/v1");
  CHECK(expand_ref_name(repository, "main") == "refs/heads/main");
}
