#include <mhub/repo/history.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::id_of;

TEST_CASE("the last change of each path is the one that git names", "[repo][history]") {
  test::GitRepo work;
  work.write("old", "1");
  work.write("d/e/deep", "1");
  work.write("d/other", "1");
  work.git_commit_all("first");
  work.write("d/other", "2");
  work.git_commit_all("second");
  work.git({"checkout", "-q", "-b", "side"});
  work.write("side", "1");
  work.git_commit_all("on the side");
  work.git({"checkout", "-q", "-"});
  work.write("main", "1");
  work.git_commit_all("on the main line");
  work.git({"merge", "-q", "--no-edit", "side"});
  work.write("d/new/file", "1");
  work.git_commit_all("last");
  const ObjectId tip = id_of(work.git({"rev-parse", "HEAD"}));

  const std::vector<std::string> paths{"old",     "d",          "d/e",  "d/e/deep",
                                       "d/other", "d/new/file", "side", "main"};
  const auto found = last_changes(*work, tip, paths, 1000);
  REQUIRE(found.size() == paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    INFO(paths[i]);
    CHECK(found[i].hex() == work.git({"log", "-1", "--format=%H", "--", paths[i]}));
  }
  // Where the search ends early, a path is told the commit that it had come to.
  CHECK(last_changes(*work, tip, {"old"}, 1).front().hex() == work.git({"rev-parse", "HEAD~1"}));
  CHECK(last_changes(*work, tip, {}, 1000).empty());
  // Those of one second may stand in any order, but none before what was made on it.
  const auto listed = list_commits(*work, tip, 1000);
  CHECK(std::to_string(listed.size()) == work.git({"rev-list", "--count", "HEAD"}));
  CHECK(listed.front() == tip);
  CHECK(listed.back().hex() == work.git({"rev-list", "--max-parents=0", "HEAD"}));
  CHECK(list_commits(*work, tip, 2).size() == 2);
}
