#include <mhub/wire/hub_ref_edits.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::wire;

TEST_CASE("requests that change references are read, empty bodies among them", "[wire][hub_refs]") {
  CHECK(parse_make_branch_request("").starting_point.empty());
  const auto branch =
      parse_make_branch_request(R"({"startingPoint":"v1","emptyBranch":true,"overwrite":true})");
  CHECK(branch.starting_point == "v1");
  CHECK(branch.is_empty);
  CHECK(branch.overwrite);
  CHECK(parse_make_tag_request(R"({"tag":"v1"})").tag == "v1");
  CHECK_FALSE(parse_make_tag_request(R"({"tag":"v1","message":null})").message.has_value());
  CHECK(parse_make_tag_request(R"({"tag":"v1","message":"m"})").message == "m");
  CHECK_THROWS(parse_make_tag_request("{}"));
  CHECK(parse_squash_request("{}").message.empty());
  CHECK_THROWS(parse_squash_request("[]"));
}
