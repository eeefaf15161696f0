#include <chrono>
#include <mutex>
#include <thread>

#include "hub_writer.hpp"
#include "support/http_test_server.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using namespace test;

/// Takes what a hub tells, and answers as it is told to.
class Receiver {
public:
  struct Told {
    json body;
    std::string secret;
  };

  std::string url() const { return server_.url("/hook"); }
  unsigned requests() const { return server_.request_count(); }
  void answer_next_with(std::vector<int> statuses) {
    const std::lock_guard guard(mutex_);
    statuses_ = std::move(statuses);
  }
  /// Waits for as many.
  std::vector<Told> wait_for(std::size_t count) {
    for (int i = 0; i < 1000; ++i) {
      {
        const std::lock_guard guard(mutex_);
        if (told_.size() >= count) return told_;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    FAIL("the hub tells nothing");
    return {};
  }

private:
  Reply take(const Received& request) {
    const std::lock_guard guard(mutex_);
    Reply reply;
    if (!statuses_.empty()) {
      reply.status = statuses_.front();
      statuses_.erase(statuses_.begin());
      reply.headers = {{"Location", server_.url("/elsewhere")}};
      if (reply.status != 200) return reply;
    }
    told_.push_back({json::parse(request.body), request.header("x-webhook-secret")});
    return reply;
  }
  std::mutex mutex_;
  std::vector<int> statuses_;
  std::vector<Told> told_;
  HttpTestServer server_{[this](const Received& request) { return take(request); }};
};

void reach_private(serve::ServeOptions& options) {
  options.webhooks_may_reach_private = true;
  options.webhook_first_retry = std::chrono::seconds(0);
}

json make_webhook(const TestHub& hub, const std::string& token, const std::string& url,
                  const json& watched, const json& more = json::object()) {
  json body = {{"url", url}, {"watched", watched}};
  body.update(more);
  const auto answer = hub.ask("POST", "/api/settings/webhooks", token, body.dump());
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return json::parse(answer.body).at("webhook");
}

TEST_CASE("webhooks are made, shown, changed and deleted", "[serve][webhooks]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  const std::string bob = hub.make_user("bob");
  const json watched = json::array({{{"type", "model"}, {"name", "alice/m"}}});
  const auto made = make_webhook(hub, alice, "https://hooks.example/x", watched,
                                 {{"domains", {"repo"}}, {"secret", "s3"}});
  CHECK(made.at("domains") == json{"repo"});
  CHECK(made.at("watched") == watched);
  CHECK(made.at("secret") == "s3");
  CHECK(made.at("disabled") == false);
  const std::string path = "/api/settings/webhooks/" + made.at("id").get<std::string>();
  CHECK(json::parse(hub.ask("GET", "/api/settings/webhooks", alice).body) == json{made});
  CHECK(json::parse(hub.ask("GET", path, alice).body).at("webhook") == made);
  // Another user's, and nobody's.
  CHECK(hub.ask("GET", path, bob).status == 404);
  CHECK(hub.ask("DELETE", path, bob).status == 404);
  CHECK(hub.ask("GET", path).status == 401);

  auto answer = hub.ask("POST", path, alice, R"({"watched":[],"url":"https://hooks.example/y"})");
  CHECK(json::parse(answer.body).at("webhook").at("url") == "https://hooks.example/y");
  CHECK(json::parse(answer.body).at("webhook").at("watched") == watched);
  CHECK(json::parse(answer.body).at("webhook").at("secret") == "s3");
  answer = hub.ask("POST", path + "/disable", alice);
  CHECK(json::parse(answer.body).at("webhook").at("disabled") == true);
  answer = hub.ask("POST", path + "/enable", alice);
  CHECK(json::parse(answer.body).at("webhook").at("disabled") == false);
  CHECK(hub.ask("DELETE", path, alice).status == 200);
  CHECK(hub.ask("GET", path, alice).status == 404);

  const auto refused = [&](const json& body) {
    return hub.ask("POST", "/api/settings/webhooks", alice, body.dump()).status;
  };
  CHECK(refused({{"url", "ftp://x"}, {"watched", watched}}) == 400);
  CHECK(refused({{"url", "http://u:p@x/"}, {"watched", watched}}) == 400);
  CHECK(refused({{"url", "http://x/"}, {"watched", json::array()}}) == 400);
  CHECK(refused({{"url", "http://x/"}, {"watched", {{{"type", "moon"}, {"name", "a/b"}}}}}) == 400);
  CHECK(refused({{"url", "http://x/"}, {"watched", watched}, {"secret", "a\r\nb"}}) == 400);
  CHECK(refused({{"url", "http://x/"}, {"watched", watched}, {"domains", {"moon"}}}) == 400);
  CHECK(refused({{"jobSourceId", "1"}, {"watched", watched}}) == 501);
}

TEST_CASE("webhooks are told of what happens to what they watch", "[serve][webhooks]") {
  Receiver receiver;
  TestHub hub(reach_private);
  const std::string alice = hub.make_user("alice");
  const json watched = json::array({{{"type", "user"}, {"name", "Alice"}}});
  const auto made = make_webhook(hub, alice, receiver.url(), watched, {{"secret", "s3"}});
  REQUIRE(hub.ask("POST", "/api/repos/create", alice, R"({"name":"m"})").status == 200);
  auto told = receiver.wait_for(2);
  const auto is = [](const json& body, const char* action, const char* scope) {
    return body.at("event") == json{{"action", action}, {"scope", scope}};
  };
  for (const auto& one : told) CHECK(one.secret == "s3");
  const bool content_first = is(told[0].body, "update", "repo.content");
  const json created = told[content_first ? 1 : 0].body;
  CHECK(is(created, "create", "repo"));
  CHECK(created.at("webhook") == json{{"id", made.at("id")}, {"version", 3}});
  CHECK(created.at("repo").at("name") == "alice/m");
  CHECK(created.at("repo").at("type") == "model");
  CHECK(created.at("repo").at("private") == false);
  CHECK(created.at("repo").at("url").at("web") == hub.url() + "/alice/m");

  HubWriter writer(hub, *hub.admin().list_repos().begin());
  const std::string before = writer.tip_id();
  const std::string after = writer.commit_id(header_line("x") + file_line("a", "a"));
  told = receiver.wait_for(3);
  CHECK(is(told[2].body, "update", "repo.content"));
  CHECK(told[2].body.at("updatedRefs") ==
        json{{{"ref", "refs/heads/main"}, {"oldSha", before}, {"newSha", after}}});
  CHECK(told[2].body.at("repo").at("headSha") == after);

  const auto clone = hub.folder() / "clone";
  REQUIRE(hub.git(hub.folder().path(), {"clone", "-q", hub.url() + "/alice/m", clone.string()})
              .exit_code == 0);
  REQUIRE(hub.git(clone, {"push", "-q", hub.git_url("alice/m", alice), "main:side"}).exit_code ==
          0);
  told = receiver.wait_for(4);
  CHECK(told[3].body.at("updatedRefs") ==
        json{{{"ref", "refs/heads/side"}, {"oldSha", nullptr}, {"newSha", after}}});
  CHECK(told[3].body.at("repo").at("url").at("web") == hub.url() + "/alice/m");

  REQUIRE(hub.ask("PUT", "/api/models/alice/m/settings", alice, R"({"private":true})").status ==
          200);
  told = receiver.wait_for(5);
  CHECK(is(told[4].body, "update", "repo.config"));
  CHECK(told[4].body.at("updatedConfig").at("private") == true);
  REQUIRE(hub.ask("DELETE", "/api/repos/delete", alice, R"({"name":"m"})").status == 200);
  told = receiver.wait_for(6);
  CHECK(is(told[5].body, "delete", "repo"));
}

TEST_CASE("webhooks are told of discussions", "[serve][webhooks]") {
  Receiver receiver;
  TestHub hub(reach_private);
  const std::string alice = hub.make_user("alice");
  make_webhook(hub, alice, receiver.url(), json::array({{{"type", "user"}, {"name", "alice"}}}),
               {{"domains", {"discussions"}}});
  hub.make_repo("alice/m");
  const std::string path = "/api/models/alice/m/discussions";
  const auto post = [&](const std::string& more, const json& body) {
    REQUIRE(hub.ask("POST", path + more, alice, body.dump()).status == 200);
  };
  post("", {{"title", "A question"}, {"description", "Why?"}});
  auto told = receiver.wait_for(1);
  CHECK(told[0].body.at("event") == json{{"action", "create"}, {"scope", "discussion"}});
  CHECK(told[0].body.at("discussion").at("title") == "A question");
  CHECK(told[0].body.at("discussion").at("num") == 1);
  CHECK_FALSE(told[0].body.contains("comment"));
  post("/1/comment", {{"comment", "Because."}});
  told = receiver.wait_for(2);
  CHECK(told[1].body.at("event") == json{{"action", "create"}, {"scope", "discussion.comment"}});
  CHECK(told[1].body.at("comment").at("content") == "Because.");
  post("/1/status", {{"status", "closed"}});
  told = receiver.wait_for(3);
  CHECK(told[2].body.at("event") == json{{"action", "update"}, {"scope", "discussion"}});
  CHECK(told[2].body.at("discussion").at("status") == "closed");
}

TEST_CASE("a webhook is told only of what its user may read", "[serve][webhooks]") {
  Receiver receiver;
  TestHub hub(reach_private);
  const std::string alice = hub.make_user("alice");
  const std::string bob = hub.make_user("bob");
  make_webhook(hub, bob, receiver.url(), json::array({{{"type", "user"}, {"name", "alice"}}}));
  make_webhook(hub, bob, receiver.url(), json::array({{{"type", "user"}, {"name", "alice"}}}),
               {{"domains", {"discussions"}}});
  HubWriter secret(hub, hub.make_repo("alice/secret", true));
  secret.commit_id(header_line("x") + file_line("a", "a"));
  HubWriter open(hub, hub.make_repo("alice/open"));
  open.commit_id(header_line("x") + file_line("a", "a"));
  const auto told = receiver.wait_for(1);
  CHECK(told[0].body.at("repo").at("name") == "alice/open");
  CHECK(receiver.requests() == 1);
}

TEST_CASE("what a webhook did not take is told again, after a restart too", "[serve][webhooks]") {
  Receiver receiver;
  TestHub hub(reach_private);
  const std::string alice = hub.make_user("alice");
  make_webhook(hub, alice, receiver.url(), json::array({{{"type", "user"}, {"name", "alice"}}}));
  HubWriter writer(hub, hub.make_repo("alice/m"));
  receiver.answer_next_with({500, 503, 429});
  writer.commit_id(header_line("1") + file_line("a", "1"));
  CHECK(receiver.wait_for(1).size() == 1);
  CHECK(receiver.requests() == 4);
  // Answers that blame the message, and redirects, are the last.
  receiver.answer_next_with({404, 307});
  writer.commit_id(header_line("2") + file_line("a", "2"));
  writer.commit_id(header_line("3") + file_line("a", "3"));
  writer.commit_id(header_line("4") + file_line("a", "4"));
  CHECK(receiver.wait_for(2).size() == 2);
  CHECK(receiver.requests() == 7);

  // As a server that was stopped before it told.
  const auto catalog = hub.options().data_folder / "catalog.db";
  hub.stop();
  run_sql(catalog,
          "INSERT INTO webhook_deliveries(webhook_id, body, attempts, due) "
          "SELECT id, '{\"late\":true}', 0, 0 FROM webhooks");
  hub.start();
  CHECK(receiver.wait_for(3)[2].body == json{{"late", true}});
}

TEST_CASE("webhooks do not reach this machine unless they may", "[serve][webhooks]") {
  Receiver receiver;
  TestHub hub(
      [](serve::ServeOptions& options) { options.webhook_first_retry = std::chrono::seconds(0); });
  const std::string alice = hub.make_user("alice");
  make_webhook(hub, alice, receiver.url(), json::array({{{"type", "user"}, {"name", "alice"}}}));
  HubWriter writer(hub, hub.make_repo("alice/m"));
  writer.commit_id(header_line("1") + file_line("a", "1"));
  const auto catalog = hub.options().data_folder / "catalog.db";
  // Tried as often as it is, it ends.
  for (int i = 0; i < 1000 && query_sql(catalog, "SELECT count(*) FROM webhook_deliveries") != "0";
       ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(query_sql(catalog, "SELECT count(*) FROM webhook_deliveries") == "0");
  CHECK(receiver.requests() == 0);
}

TEST_CASE("what waits to be told is bounded", "[serve][webhooks]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  make_webhook(hub, alice, "http://127.0.0.1:9/",
               json::array({{{"type", "user"}, {"name", "alice"}}}));
  const auto catalog = hub.options().data_folder / "catalog.db";
  run_sql(catalog,
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<999) "
          "INSERT INTO webhook_deliveries(webhook_id, body, attempts, due) "
          "SELECT 1, '{}', 0, 9999999999 FROM n");
  HubWriter writer(hub, hub.make_repo("alice/m"));
  for (const char* text : {"1", "2"}) {
    writer.commit_id(header_line(text) + file_line("a", text));
    CHECK(query_sql(catalog, "SELECT count(*) FROM webhook_deliveries") == "1000");
  }
}

}  // namespace
}  // namespace mhub
