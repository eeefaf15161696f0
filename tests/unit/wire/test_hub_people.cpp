#include <nlohmann/json.hpp>

#include <mhub/wire/hub_people.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::wire;
using nlohmann::json;

TEST_CASE("overviews carry what clients read of them", "[wire][hub_people]") {
  const json user = json::parse(to_json(UserOverview{.name = "ann",
                                                     .id = "7",
                                                     .created_at = "2026-01-31T12:00:00.000Z",
                                                     .repos = {1, 2, 3},
                                                     .orgs = {{"acme", "write"}}}));
  CHECK(user.at("user") == "ann");
  CHECK(user.at("fullname") == "ann");
  CHECK(user.at("type") == "user");
  CHECK(user.at("numModels") == 1);
  CHECK(user.at("numDatasets") == 2);
  CHECK(user.at("numSpaces") == 3);
  CHECK(user.at("orgs").at(0).at("name") == "acme");
  const json organisation = json::parse(
      to_json(OrganisationOverview{.name = "acme", .id = "1", .users = 4, .repos = {5, 0, 0}}));
  CHECK(organisation.at("name") == "acme");
  CHECK(organisation.at("numUsers") == 4);
  CHECK(organisation.at("numModels") == 5);
  const json members =
      json::parse(to_json(std::vector<OrganisationMember>{{"ann", "write"}, {"bob", "read"}}));
  CHECK(members.at(1).at("user") == "bob");
  CHECK(members.at(1).at("role") == "read");
  const json requests = json::parse(
      to_json(std::vector<AccessRequestItem>{{"bob", "pending", "2026-01-31T12:00:00.000Z"}}));
  CHECK(requests.at(0).at("user").at("user") == "bob");
  CHECK(requests.at(0).at("status") == "pending");
  CHECK(json::parse(to_json(std::vector<AccessRequestItem>())) == json::array());
}

TEST_CASE("a decision about access names somebody", "[wire][hub_people]") {
  const auto by_name = parse_access_decision(R"({"user":"bob","status":"accepted"})");
  CHECK(by_name.user == "bob");
  CHECK(by_name.status == "accepted");
  CHECK(parse_access_decision(R"({"userId":"7","status":"pending","rejectionReason":null})")
            .user_id == "7");
  for (const char* bad : {"", "[]", "{}", R"({"status":"accepted"})", R"({"user":7})"})
    CHECK_THROWS_MATCHES(parse_access_decision(bad), Error, test::HasKind(ErrorKind::corrupt));
}
