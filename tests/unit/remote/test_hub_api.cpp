#include <mutex>

#include <mhub/remote/hub_api.hpp>

#include "support/http_test_server.hpp"
#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using mhub::test::HasKind;
using mhub::test::HttpTestServer;
using mhub::test::Received;
using mhub::test::Reply;

namespace {

struct Fixture {
  std::function<Reply(const Received&)> answer;
  std::mutex mutex;
  std::vector<Received> requests;
  HttpTestServer server{[this](const Received& request) {
    const std::lock_guard lock(mutex);
    requests.push_back(request);
    return answer(request);
  }};
  net::HttpClient http;
  CredentialStore credentials{real_file_system(), [this] {
                                Environment environment;
                                environment.mhub_endpoint = server.url();
                                environment.mhub_token = "tok";
                                return environment;
                              }()};
  HubConnection hub{http, credentials};
  HubApi api{hub, server.url("/base/")};
};

Reply json(int status, std::string body) {
  Reply reply;
  reply.status = status;
  reply.headers.emplace_back("Content-Type", "application/json");
  reply.body = std::move(body);
  return reply;
}

const wire::RepoName kRepo{.type = wire::RepoType::dataset, .owner = "team", .name = "data"};

}  // namespace

TEST_CASE("whoami sends the token as bearer", "[remote][hub_api]") {
  Fixture f;
  f.answer = [](const Received&) { return json(200, R"({"name":"alice"})"); };
  CHECK(f.api.whoami().name == "alice");
  CHECK(f.requests[0].path == "/base/api/whoami-v2");
  CHECK(f.requests[0].header("authorization") == "Bearer tok");
}

TEST_CASE("repositories are made and deleted", "[remote][hub_api]") {
  Fixture f;
  f.answer = [&](const Received&) {
    return json(200, R"({"url":"http://h/datasets/team/data","id":"team/data"})");
  };
  const auto made = f.api.create_repo(
      {.type = wire::RepoType::dataset, .name = "data", .owner = "team", .is_private = true});
  CHECK(made.url == "http://h/datasets/team/data");
  CHECK(wire::parse_create_repo_request(f.requests[0].body).is_private);
  f.answer = [](const Received&) { return json(200, ""); };
  f.api.delete_repo({.type = wire::RepoType::dataset, .name = "data", .owner = "team"});
  CHECK(f.requests[1].method == "DELETE");
  CHECK(wire::parse_delete_repo_request(f.requests[1].body).name == "data");
}

TEST_CASE("refusals keep their kind and the hub's words", "[remote][hub_api]") {
  Fixture f;
  f.answer = [](const Received&) { return json(409, R"({"error":"exists already","url":"x"})"); };
  try {
    f.api.create_repo({.type = wire::RepoType::model, .name = "m", .owner = "team"});
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::conflict);
    CHECK_THAT(error.message(), Catch::Contains("exists already"));
    CHECK(error.message().find("tok\"") == std::string::npos);
  }
  f.answer = [](const Received&) { return json(404, "{}"); };
  CHECK_THROWS_MATCHES(
      f.api.delete_repo({.type = wire::RepoType::model, .name = "m", .owner = "team"}), Error,
      HasKind(ErrorKind::not_found));
}

TEST_CASE("lists are followed from page to page on the hub alone", "[remote][hub_api]") {
  Fixture f;
  f.answer = [&](const Received& request) {
    Reply reply = json(200, R"([{"id":"team/a"}])");
    if (request.query.find("cursor") == std::string::npos) {
      reply.headers.emplace_back(
          "Link", fmt::format("<http://x/>; rel=\"prev\", <{}>; rel=\"next\"",
                              f.server.url("/base/api/models?author=team&cursor=2")));
    } else {
      reply.headers.emplace_back("Link", "<http://elsewhere.example/>; rel=\"next\"");
    }
    return reply;
  };
  CHECK(f.api.list_repos(wire::RepoType::model, "team").size() == 2);
  REQUIRE(f.requests.size() == 2);
  CHECK(f.requests[0].path == "/base/api/models");
  CHECK(f.requests[0].query == "author=team");
  CHECK(f.api.list_repos(wire::RepoType::model, "team", 1).size() == 1);
}

TEST_CASE("xet hashes are resolved for the paths asked and no others", "[remote][hub_api]") {
  Fixture f;
  const std::string hash(64, 'a');
  f.answer = [&](const Received&) {
    return json(200, R"([{"type":"file","path":"w/a.bin","size":1,"xetHash":")" + hash +
                         R"("},{"type":"file","path":"evil","size":1,"xetHash":")" + hash +
                         R"("},{"type":"file","path":"b.txt","size":1}])");
  };
  const std::vector<std::string> paths{"w/a.bin", "b.txt", "missing"};
  const auto found = resolve_xet_hashes(f.api, kRepo, "refs/pr/1", paths);
  REQUIRE(found.size() == 1);
  CHECK(found.at("w/a.bin").text() == hash);
  CHECK(f.requests[0].path == "/base/api/datasets/team/data/paths-info/refs%2Fpr%2F1");
  f.answer = [](const Received&) { return json(404, "{}"); };
  CHECK(resolve_xet_hashes(f.api, kRepo, "main", paths).empty());
}

TEST_CASE("token routes name type, repository and escaped revision", "[remote][hub_api]") {
  Fixture f;
  CHECK(f.api.read_token_url(kRepo, "refs/pr/1") ==
        f.server.url("/base/api/datasets/team/data/xet-read-token/refs%2Fpr%2F1"));
  CHECK(f.api.write_token_url(kRepo, "main") ==
        f.server.url("/base/api/datasets/team/data/xet-write-token/main"));
}
