#include <nlohmann/json.hpp>

#include "test_hub.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using test::TestHub;

TEST_CASE("whoami answers what clients read", "[serve][hub]") {
  TestHub hub;
  const auto answer = hub.ask("GET", "/api/whoami-v2", hub.admin_token());
  REQUIRE(answer.status == 200);
  const json who = json::parse(answer.body);
  CHECK(who.at("type") == "user");
  CHECK(who.at("name") == "admin");
  CHECK(who.at("orgs").is_array());
  CHECK(who.at("auth").at("accessToken").at("role").is_string());
  CHECK_FALSE(answer.header("x-request-id").empty());
}

TEST_CASE("repositories are made, listed, described and deleted", "[serve][hub]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  const std::string bob = hub.make_user("bob");
  const auto create = [&](const std::string& token, const json& body) {
    return hub.ask("POST", "/api/repos/create", token, body.dump());
  };
  auto answer = create(alice, {{"name", "open"}});
  REQUIRE(answer.status == 200);
  CHECK(json::parse(answer.body).at("url") == hub.url() + "/alice/open");
  answer = create(alice, {{"name", "data"},
                          {"type", "dataset"},
                          {"organization", "alice"},
                          {"visibility", "private"}});
  REQUIRE(answer.status == 200);
  CHECK(json::parse(answer.body).at("url") == hub.url() + "/datasets/alice/data");
  answer = create(alice, {{"name", "old"}, {"private", true}});
  CHECK(answer.status == 200);
  // Again: the refusal says where it is; names are compared without case.
  answer = create(alice, {{"name", "OPEN"}});
  CHECK(answer.status == 409);
  CHECK(json::parse(answer.body).at("url") == hub.url() + "/alice/open");
  CHECK(create(bob, {{"name", "x"}, {"organization", "alice"}}).status == 403);
  CHECK(create(hub.admin_token(), {{"name", "model"}, {"organization", "team"}}).status == 200);
  for (const char* bad : {"", "..", "a/b/c", "-x", "x.git", "a b", "resolve"})
    CHECK(create(alice, {{"name", bad}}).status == 400);
  CHECK(create(alice, {{"name", "v"}, {"visibility", "sometimes"}}).status == 400);
  CHECK(create(hub.admin_token(), {{"name", "x"}, {"organization", "api"}}).status == 400);

  const auto ids = [&](const std::string& path, const std::string& token) {
    std::vector<std::string> found;
    for (const json& item : json::parse(hub.ask("GET", path, token).body))
      found.push_back(item.at("id"));
    return found;
  };
  using Ids = std::vector<std::string>;
  CHECK(ids("/api/models", "") == Ids{"alice/open", "team/model"});
  CHECK(ids("/api/models?author=alice", alice) == Ids{"alice/open", "alice/old"});
  CHECK(ids("/api/models?author=ALICE", bob) == Ids{"alice/open"});
  CHECK(ids("/api/models?search=TEAM", "") == Ids{"team/model"});
  CHECK(ids("/api/datasets", bob).empty());
  CHECK(ids("/api/datasets", hub.admin_token()) == Ids{"alice/data"});
  const auto page = hub.ask("GET", "/api/models?limit=1", alice);
  CHECK(json::parse(page.body).size() == 1);
  const std::string link = page.header("link");
  REQUIRE(link.starts_with("<" + hub.url()));
  CHECK_THAT(link, Catch::EndsWith("; rel=\"next\""));
  CHECK(ids(link.substr(1, link.find('>') - 1), alice) == Ids{"alice/old"});

  answer = hub.ask("GET", "/api/models/Alice/Open", "");
  REQUIRE(answer.status == 200);
  CHECK(json::parse(answer.body).at("id") == "alice/open");
  CHECK(json::parse(answer.body).at("private") == false);
  CHECK(hub.ask("GET", "/api/datasets/alice/open", "").status == 401);

  CHECK(hub.ask("DELETE", "/api/repos/delete", bob, R"({"name":"open","organization":"alice"})")
            .status == 403);
  CHECK(hub.ask("DELETE", "/api/repos/delete", bob, R"({"name":"old","organization":"alice"})")
            .header("x-error-code") == "RepoNotFound");
  CHECK(hub.ask("DELETE", "/api/repos/delete", alice, R"({"name":"open"})").status == 200);
  CHECK(hub.ask("DELETE", "/api/repos/delete", alice, R"({"name":"open"})").status == 404);
  CHECK(hub.ask("GET", "/api/models/alice/open", alice).header("x-error-code") == "RepoNotFound");
  // A new one of that name begins empty.
  CHECK(create(alice, {{"name", "open"}}).status == 200);
}

TEST_CASE("what is not offered says so in JSON", "[serve][hub]") {
  TestHub hub;
  auto answer = hub.ask("GET", "/api/spaceships/a/b/c");
  CHECK(answer.status == 501);
  CHECK_FALSE(answer.header("x-error-code").empty());
  CHECK_FALSE(answer.header("x-error-message").empty());
  CHECK(json::parse(answer.body).contains("error"));
  CHECK(hub.ask("GET", "/nothing/of/the/kind").status == 404);
  // Clients ask every hub for the oldest repositories of Hugging Face, which have no namespace.
  for (const char* path : {"/api/models/gpt2", "/api/datasets/squad",
                           "/api/models/gpt2/revision/main", "/api/models/gpt2/tree/main",
                           "/gpt2/resolve/main/config.json", "/datasets/squad/resolve/main/a/b"}) {
    INFO(path);
    CHECK(hub.ask("GET", path).header("x-error-code") == "RepoNotFound");
    CHECK(hub.ask("GET", path, hub.admin_token()).status == 404);
  }
  CHECK(hub.ask("PUT", "/api/whoami-v2", hub.admin_token(), "{}").status == 405);
  CHECK(hub.ask("GET", "/health").body == "ok\n");
  answer = hub.ask("GET", "/health", "", "", {"X-Request-Id: abc-123"});
  CHECK(answer.header("x-request-id") == "abc-123");
  answer = hub.ask("GET", "/health", "", "", {"X-Request-Id: a b<script>"});
  CHECK(answer.header("x-request-id").find('<') == std::string::npos);
}

TEST_CASE("paths are decoded once and cannot leave their place", "[serve][hub]") {
  TestHub hub;
  hub.make_repo("admin/model");
  CHECK(hub.ask("GET", "/api/models/admin/%6dodel").status == 200);
  CHECK(hub.ask("GET", "/api/models/admin/%256dodel").status != 200);
  for (const char* path :
       {"/api/models/admin/..", "/api/models/admin%2Fmodel",
        "/admin/../admin/model/info/refs?service=git-upload-pack", "/api/models/admin/model%00",
        "/%2e%2e/%2e%2e/info/refs", "//", "/%", "/api/models//model"}) {
    INFO(path);
    const auto answer = hub.ask("GET", path);
    CHECK(answer.status >= 400);
    CHECK(answer.status != 500);
  }
}

TEST_CASE("the CAS token route answers as JSON and as headers", "[serve][hub]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const auto answer =
      hub.ask("GET", "/api/models/admin/model/xet-write-token/refs%2Fpr%2F1?create_pr=1",
              hub.admin_token());
  REQUIRE(answer.status == 200);
  const json token = json::parse(answer.body);
  CHECK(token.at("casUrl") == hub.url());
  CHECK(answer.header("x-xet-cas-url") == hub.url());
  CHECK(answer.header("x-xet-access-token") == token.at("accessToken"));
  CHECK(answer.header("x-xet-token-expiration") == std::to_string(token.at("exp").get<long>()));
  CHECK(hub.ask("GET", "/api/models/admin/model/xet-read-token/main").status == 200);
  CHECK(hub.ask("GET", "/api/models/admin/model/xet-write-token/main").status == 401);
}

}  // namespace
}  // namespace mhub
