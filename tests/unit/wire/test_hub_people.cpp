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

TEST_CASE("decisions about many name each of them", "[wire][hub_people]") {
  const auto decisions = parse_access_decisions(
      R"({"status":"accepted","requests":[{"user":"bob"},{"userId":"7","status":"x"}]})");
  CHECK(decisions.status == "accepted");
  REQUIRE(decisions.people.size() == 2);
  CHECK(decisions.people[0].user == "bob");
  CHECK(decisions.people[1].user_id == "7");
  CHECK(decisions.people[1].status.empty());
  json many = {{"status", "accepted"}, {"requests", json::array()}};
  CHECK_THROWS_MATCHES(parse_access_decisions(many.dump()), Error,
                       test::HasKind(ErrorKind::corrupt));
  for (std::size_t i = 0; i < kAccessDecisionsAtMost; ++i)
    many["requests"].push_back({{"user", "bob"}});
  CHECK(parse_access_decisions(many.dump()).people.size() == kAccessDecisionsAtMost);
  many["requests"].push_back({{"user", "bob"}});
  for (const std::string& bad :
       {many.dump(), std::string(R"({"requests":[{"user":"bob"}]})"),
        std::string(R"({"status":"accepted"})"),
        std::string(R"({"status":"accepted","requests":[{"user":"bob"},{}]})")})
    CHECK_THROWS_MATCHES(parse_access_decisions(bad), Error, test::HasKind(ErrorKind::corrupt));
  const json outcomes = json::parse(to_json(
      std::vector<AccessOutcome>{{.user = "bob"}, {.user_id = "7", .error = "request_not_found"}}));
  CHECK(outcomes.at(0) == json({{"user", "bob"}, {"ok", true}}));
  CHECK(outcomes.at(1) == json({{"userId", "7"}, {"ok", false}, {"error", "request_not_found"}}));
}

TEST_CASE("a report of access is JSON or lines", "[wire][hub_people]") {
  const std::vector<AccessRequestItem> items = {{"bob", "pending", "2026-01-31T12:00:00.000Z"}};
  CHECK(json::parse(access_report_json(items)) ==
        json::array({{{"user", "bob"},
                      {"fullname", "bob"},
                      {"status", "pending"},
                      {"time", "2026-01-31T12:00:00.000Z"}}}));
  CHECK(access_report_csv(items) ==
        "user,fullname,status,time\r\nbob,bob,pending,2026-01-31T12:00:00.000Z\r\n");
  CHECK(access_report_json({}) == "[]");
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
