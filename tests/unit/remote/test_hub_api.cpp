#include <mutex>

#include <mhub/remote/hub_content.hpp>
#include <mhub/remote/hub_files.hpp>
#include <mhub/remote/hub_repos.hpp>

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
  const auto made = create_repo(
      f.api,
      {.type = wire::RepoType::dataset, .name = "data", .owner = "team", .is_private = true});
  CHECK(made.url == "http://h/datasets/team/data");
  CHECK(wire::parse_create_repo_request(f.requests[0].body).is_private);
  f.answer = [](const Received&) { return json(200, ""); };
  delete_repo(f.api, {.type = wire::RepoType::dataset, .name = "data", .owner = "team"});
  CHECK(f.requests[1].method == "DELETE");
  CHECK(wire::parse_delete_repo_request(f.requests[1].body).name == "data");
}

TEST_CASE("a name alone leads to a full one, and the token and the body come along",
          "[remote][hub_api]") {
  Fixture f;
  f.answer = [](const Received& request) {
    const std::string old = "/base/api/models/gpt2";
    if (request.path.starts_with(old + "/")) {
      Reply reply;
      reply.status = 307;
      reply.headers.emplace_back("Location",
                                 "/base/api/models/big/gpt2" + request.path.substr(old.size()));
      return reply;
    }
    if (request.path.starts_with("/base/api/models/big/gpt2/paths-info/main"))
      return json(
          200, R"([{"type":"file","path":"a","oid":")" + std::string(40, '1') + R"(","size":3}])");
    return json(200, R"({"id":"big/gpt2","sha":")" + std::string(40, 'a') + "\"}");
  };
  HubContent content(f.hub, f.server.url("/base"), {.name = "gpt2"});
  CHECK(content.require_revision("main") == std::string(40, 'a'));
  const std::vector<std::string> paths{"a"};
  CHECK(content.find_files("main", paths).size() == 1);
  REQUIRE(f.requests.size() == 4);
  CHECK(f.requests[1].path.starts_with("/base/api/models/big/gpt2/revision/main"));
  CHECK(f.requests[3].method == "POST");
  CHECK(f.requests[3].body == f.requests[2].body);
  CHECK(f.requests[3].header("authorization") == "Bearer tok");
}

TEST_CASE("refusals keep their kind and the hub's words", "[remote][hub_api]") {
  Fixture f;
  f.answer = [](const Received&) { return json(409, R"({"error":"exists already","url":"x"})"); };
  try {
    create_repo(f.api, {.type = wire::RepoType::model, .name = "m", .owner = "team"});
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::conflict);
    CHECK_THAT(error.message(), Catch::Contains("exists already"));
    CHECK(error.message().find("tok\"") == std::string::npos);
  }
  f.answer = [](const Received&) { return json(404, "{}"); };
  CHECK_THROWS_MATCHES(
      delete_repo(f.api, {.type = wire::RepoType::model, .name = "m", .owner = "team"}), Error,
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
  RepoQuery query{
      .search = "b c", .author = "team", .filters = {"x", "license:mit"}, .sort = "likes"};
  CHECK(list_repos(f.api, wire::RepoType::model, query).size() == 2);
  REQUIRE(f.requests.size() == 2);
  CHECK(f.requests[0].path == "/base/api/models");
  CHECK(f.requests[0].query ==
        "search=b%20c&author=team&filter=x&filter=license%3Amit&sort=likes&limit=1000");
  query.limit = 1;
  CHECK(list_repos(f.api, wire::RepoType::model, query).size() == 1);
  CHECK(f.requests.back().query.ends_with("limit=1"));
  CHECK(f.requests.size() == 3);
}

TEST_CASE("a list that comes back to one of its pages is refused", "[remote][hub_api]") {
  Fixture f;
  f.answer = [&](const Received&) {
    Reply reply = json(200, "[]");
    reply.headers.emplace_back(
        "Link", fmt::format("<{}>; rel=\"next\"", f.server.url("/base/api/models?cursor=2")));
    return reply;
  };
  CHECK_THROWS_MATCHES(list_repos(f.api, wire::RepoType::model, {}), Error,
                       HasKind(ErrorKind::corrupt));
  CHECK(f.requests.size() == 2);
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

TEST_CASE("repositories are described, moved, changed and copied", "[remote][hub_api]") {
  Fixture f;
  f.answer = [](const Received&) {
    return json(200, R"({"id":"team/data","private":true,"siblings":[]})");
  };
  CHECK(repo_info(f.api, kRepo).is_private);
  CHECK(f.requests.back().path == "/base/api/datasets/team/data");
  repo_info(f.api, kRepo, "feat/x");
  CHECK(f.requests.back().path == "/base/api/datasets/team/data/revision/feat%2Fx");

  move_repo(f.api, kRepo, "team/other");
  CHECK(f.requests.back().path == "/base/api/repos/move");
  const auto move = wire::parse_move_repo_request(f.requests.back().body);
  CHECK(move.type == wire::RepoType::dataset);
  CHECK(move.from == "team/data");
  CHECK(move.to == "team/other");

  change_repo_settings(f.api, kRepo, {.is_private = false});
  CHECK(f.requests.back().method == "PUT");
  CHECK(f.requests.back().path == "/base/api/datasets/team/data/settings");
  CHECK(wire::parse_repo_settings_request(f.requests.back().body).is_private == false);

  f.answer = [](const Received&) { return json(200, R"({"url":"http://h/datasets/me/copy"})"); };
  CHECK(duplicate_repo(f.api, kRepo, {.to = "me/copy", .is_private = true}).url ==
        "http://h/datasets/me/copy");
  CHECK(f.requests.back().path == "/base/api/datasets/team/data/duplicate");
  const auto copy = wire::parse_duplicate_repo_request(f.requests.back().body);
  CHECK(copy.to == "me/copy");
  CHECK(copy.is_private == true);
}

TEST_CASE("only a commit without parents and with one file may be replaced", "[remote][hub_api]") {
  Fixture f;
  std::string commits =
      R"([{"id":"c1","title":"initial commit","message":"","date":"","authors":[]}])";
  std::string files = R"([{"type":"file","path":".gitattributes","oid":"b","size":9}])";
  f.answer = [&](const Received& request) {
    return json(200, request.path.find("/commits/") == std::string::npos ? files : commits);
  };
  const auto asks = [&] { return is_first_commit_with_only(f.api, kRepo, "c1", ".gitattributes"); };
  CHECK(asks());
  files = R"([{"type":"file","path":".gitattributes","oid":"b","size":9},
              {"type":"file","path":"README.md","oid":"c","size":9}])";
  CHECK_FALSE(asks());
  files = R"([{"type":"file","path":"README.md","oid":"c","size":9}])";
  CHECK_FALSE(asks());
  files = R"([{"type":"file","path":".gitattributes","oid":"b","size":9}])";
  commits = R"([{"id":"c1","title":"","message":"","date":"","authors":[]},
                {"id":"c0","title":"","message":"","date":"","authors":[]}])";
  CHECK_FALSE(asks());
}

TEST_CASE("token routes name type, repository and escaped revision", "[remote][hub_api]") {
  Fixture f;
  CHECK(f.api.read_token_url(kRepo, "refs/pr/1") ==
        f.server.url("/base/api/datasets/team/data/xet-read-token/refs%2Fpr%2F1"));
}
