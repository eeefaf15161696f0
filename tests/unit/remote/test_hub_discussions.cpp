#include <mutex>

#include <mhub/remote/hub_discussions.hpp>

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
  std::function<std::string(const Received&)> answer;
  int status = 200;
  std::mutex mutex;
  std::vector<Received> requests;
  HttpTestServer server{[this](const Received& request) {
    const std::lock_guard lock(mutex);
    requests.push_back(request);
    Reply reply;
    reply.status = status;
    reply.headers.emplace_back("Content-Type", "application/json");
    reply.body = answer(request);
    return reply;
  }};
  net::HttpClient http;
  CredentialStore credentials{real_file_system(), {}};
  HubConnection hub{http, credentials};
  HubApi api{hub, server.url("/base")};
};

const wire::RepoName kRepo{.type = wire::RepoType::space, .owner = "team", .name = "app"};

wire::DiscussionSummary numbered(std::int64_t number) {
  return {.repo = kRepo, .number = number, .title = "t", .created_at = "2026-01-31T12:00:00.000Z"};
}

}  // namespace

TEST_CASE("discussions are listed page by page until all were seen", "[remote][discussions]") {
  Fixture f;
  f.answer = [](const Received& request) {
    const bool first = request.query.ends_with("p=0");
    wire::DiscussionPage page;
    page.count = 3;
    page.start = first ? 0 : 2;
    page.entries = first ? std::vector{numbered(3), numbered(2)} : std::vector{numbered(1)};
    return to_json(page);
  };
  DiscussionQuery query{.kind = "pull_request", .status = "closed", .author = "a b"};
  const auto all = list_discussions(f.api, kRepo, query);
  REQUIRE(all.size() == 3);
  CHECK(all[2].number == 1);
  REQUIRE(f.requests.size() == 2);
  CHECK(f.requests[0].path == "/base/api/spaces/team/app/discussions");
  CHECK(f.requests[0].query == "type=pull_request&status=closed&author=a%20b&p=0");
  query.limit = 2;
  CHECK(list_discussions(f.api, kRepo, query).size() == 2);
}

TEST_CASE("a hub that counts wrongly ends the list", "[remote][discussions]") {
  Fixture f;
  f.answer = [](const Received& request) {
    wire::DiscussionPage page;
    page.count = 1000000;
    if (request.query.ends_with("p=0")) page.entries = {numbered(1)};
    return to_json(page);
  };
  CHECK(list_discussions(f.api, kRepo, {}).size() == 1);
  CHECK(f.requests.size() == 2);
}

TEST_CASE("changes go to the discussion's own routes", "[remote][discussions]") {
  Fixture f;
  f.answer = [](const Received&) {
    return to_json(wire::NewDiscussionAnswer{.number = 5, .url = "", .is_pull_request = true});
  };
  const std::string base = "/base/api/spaces/team/app/discussions";
  CHECK(create_discussion(f.api, kRepo, {.title = "T", .is_pull_request = true}).number == 5);
  CHECK(f.requests.back().path == base);
  CHECK(wire::parse_new_discussion_request(f.requests.back().body).is_pull_request);
  comment_on_discussion(f.api, kRepo, 5, "text");
  CHECK(f.requests.back().path == base + "/5/comment");
  change_discussion_status(f.api, kRepo, 5, {.is_open = false, .comment = "why"});
  CHECK(f.requests.back().path == base + "/5/status");
  CHECK_FALSE(wire::parse_discussion_status_request(f.requests.back().body).is_open);
  merge_pull_request(f.api, kRepo, 5, "");
  CHECK(f.requests.back().path == base + "/5/merge");
  CHECK(f.requests.back().method == "POST");

  f.answer = [](const Received&) {
    wire::DiscussionDetails details;
    details.summary = numbered(5);
    return to_json(details);
  };
  CHECK(find_discussion(f.api, kRepo, 5, true).summary.number == 5);
  CHECK(f.requests.back().path == base + "/5");
  CHECK(f.requests.back().query == "diff=1");

  f.status = 409;
  f.answer = [](const Received&) { return std::string(R"({"error":"conflicts in x"})"); };
  CHECK_THROWS_MATCHES(merge_pull_request(f.api, kRepo, 5, ""), Error,
                       HasKind(ErrorKind::conflict));
}
