#include <mhub/wire/hub_history.hpp>

#include "support/catch.hpp"
#include "support/matchers.hpp"

namespace mhub::wire {
namespace {

TEST_CASE("lists of refs survive a round trip", "[wire][hub_history]") {
  const RefList refs{.branches = {{"main", "refs/heads/main", "aa"}},
                     .converts = {{"parquet", "refs/convert/parquet", "bb"}},
                     .tags = {{"v1", "refs/tags/v1", "cc"}},
                     .pull_requests = std::vector<RefInfo>{{"1", "refs/pr/1", "dd"}}};
  CHECK(parse_ref_list(to_json(refs)) == refs);
  // Clients fail without these keys, and expect the fourth only where they asked for it.
  CHECK(to_json(RefList{}) == R"({"branches":[],"converts":[],"tags":[]})");
  CHECK_THROWS_WITH(parse_ref_list("{}"), "list of refs has no field branches");
}

TEST_CASE("lists of commits survive a round trip", "[wire][hub_history]") {
  const std::vector<CommitInfo> commits{
      {"aa", "Add <weights> & more", "Why.\n", "2026-01-31T12:00:00.000Z", {"Alice", "Bob"}}};
  CHECK(parse_commit_list(to_json(commits, false)) == commits);
  const std::string formatted = to_json(commits, true);
  CHECK(parse_commit_list(formatted) == commits);
  CHECK_THAT(formatted, Catch::Contains("Add &lt;weights&gt; &amp; more"));
  CHECK_THAT(to_json(commits, false), !Catch::Contains("formatted"));
}

}  // namespace
}  // namespace mhub::wire
