#include <chrono>
#include <mutex>
#include <thread>

#include <mhub/remote/hub_connection.hpp>

#include "support/http_test_server.hpp"
#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using mhub::test::HttpTestServer;
using mhub::test::Received;
using mhub::test::Reply;

namespace {

/// Accepts one Authorization value and records all that came.
struct Guard {
  explicit Guard(std::string authorization) : wanted(std::move(authorization)) {}

  std::string wanted;
  std::mutex mutex;
  std::vector<std::string> seen;

  Reply operator()(const Received& request) {
    const std::lock_guard lock(mutex);
    seen.push_back(request.header("authorization"));
    Reply reply;
    reply.status = seen.back() == wanted ? 200 : 401;
    reply.body = "x";
    return reply;
  }
};

Environment with_token(const std::string& endpoint, const std::string& token) {
  Environment environment;
  environment.mhub_endpoint = endpoint;
  environment.mhub_token = token;
  return environment;
}

net::Request get(const std::string& url) {
  net::Request request;
  request.url = url;
  request.backoff_ms = 2;
  return request;
}

}  // namespace

TEST_CASE("a request carries the hub's token in the style of the route", "[remote][hub]") {
  Guard guard("Bearer tok");
  HttpTestServer server(std::ref(guard));
  net::HttpClient http;
  CredentialStore credentials(real_file_system(), with_token(server.url(), "tok"));
  HubConnection hub(http, credentials);
  CHECK(hub.send(get(server.url()), AuthStyle::bearer).status == 200);
  guard.wanted = "Basic " + to_base64(as_bytes("mhub:tok"));
  CHECK(hub.send(get(server.url()), AuthStyle::basic).status == 200);
  CHECK(guard.seen.size() == 2);
}

TEST_CASE("a refused token gives way to the next, and the last refusal is the answer",
          "[remote][hub]") {
  Guard guard("Bearer second");
  HttpTestServer server(std::ref(guard));
  net::HttpClient http;
  Environment environment = with_token(server.url(), "first");
  environment.hf_endpoint = server.url();
  environment.hf_token = "second";
  CredentialStore credentials(real_file_system(), environment);
  HubConnection hub(http, credentials);
  CHECK(hub.send(get(server.url()), AuthStyle::bearer).status == 200);
  CHECK(hub.send(get(server.url()), AuthStyle::bearer).status == 200);
  CHECK(guard.seen == std::vector<std::string>{"Bearer first", "Bearer second", "Bearer second"});

  guard.wanted = "nothing";
  const auto response = hub.send(get(server.url()), AuthStyle::bearer);
  CHECK(response.status == 401);
  CHECK_THROWS_MATCHES(require_ok(response, "do it"), Error, test::HasKind(ErrorKind::denied));
}

TEST_CASE("another port of the same host gets no token", "[remote][hub]") {
  Guard guard("");
  HttpTestServer server(std::ref(guard));
  net::HttpClient http;
  CredentialStore credentials(real_file_system(), with_token("http://127.0.0.1:1", "tok"));
  HubConnection hub(http, credentials);
  CHECK(hub.send(get(server.url()), AuthStyle::bearer).status == 200);
  CHECK(guard.seen == std::vector<std::string>{""});
}

TEST_CASE("a redirect to another server does not take the token along", "[remote][hub]") {
  Guard guard("");
  HttpTestServer elsewhere(std::ref(guard));
  HttpTestServer server([&](const Received&) {
    Reply reply;
    reply.status = 302;
    reply.headers.emplace_back("Location", elsewhere.url("/landed"));
    return reply;
  });
  net::HttpClient http;
  CredentialStore credentials(real_file_system(), with_token(server.url(), "tok"));
  HubConnection hub(http, credentials);
  CHECK(hub.send(get(server.url()), AuthStyle::basic).status == 200);
  CHECK(guard.seen == std::vector<std::string>{""});
  // A 401 from over there is no reason to try what is left for over here.
  guard.wanted = "something";
  CHECK(hub.send(get(server.url()), AuthStyle::basic).status == 401);
  CHECK(guard.seen == std::vector<std::string>{"", ""});
}

TEST_CASE("credentials inside a request's URL are used and taken out", "[remote][hub]") {
  Guard guard("Basic " + to_base64(as_bytes("u:p")));
  HttpTestServer server(std::ref(guard));
  net::HttpClient http;
  CredentialStore credentials(real_file_system(), {});
  HubConnection hub(http, credentials);
  const std::string url = "http://u:p@127.0.0.1:" + std::to_string(server.port()) + "/";
  CHECK(hub.send(get(url), AuthStyle::basic).status == 200);
  CHECK(hub.send(get(server.url()), AuthStyle::basic).status == 200);
}

TEST_CASE("a connection is as patient as it was told to be", "[remote][hub]") {
  HttpTestServer server([](const Received&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    Reply reply;
    reply.body = "x";
    return reply;
  });
  net::HttpClient http;
  CredentialStore credentials(real_file_system(), {});
  net::Request request = get(server.url());
  request.stall_limit_ms = 100;
  request.max_attempts = 1;
  HubConnection usual(http, credentials);
  CHECK_THROWS_MATCHES(usual.send(request, AuthStyle::bearer), Error,
                       test::HasKind(ErrorKind::network));
  const auto stream = [&](HubConnection& hub) {
    return hub.stream(request, AuthStyle::bearer, [](ByteView) {}).status;
  };
  HubConnection for_answers(http, credentials, never_stopped(), silent_progress(),
                            {.answer_ms = 30'000});
  CHECK(for_answers.send(request, AuthStyle::bearer).status == 200);
  CHECK_THROWS_MATCHES(stream(for_answers), Error, test::HasKind(ErrorKind::network));
  HubConnection for_data(http, credentials, never_stopped(), silent_progress(),
                         {.data_ms = 30'000});
  CHECK(stream(for_data) == 200);
}
