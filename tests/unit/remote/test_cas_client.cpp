#include <chrono>
#include <mutex>
#include <thread>

#include <mhub/remote/cas_client.hpp>

#include "support/http_test_server.hpp"
#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using mhub::test::HasKind;
using mhub::test::HttpTestServer;
using mhub::test::Received;
using mhub::test::Reply;

namespace {

const auto kFile =
    *xet::FileHash::parse("f857c20483a87a6737b06f718d340429fc080f73c00f6d46b2030b58734a61e4");
const auto kXorb =
    *xet::XorbHash::parse("4d0f481619ea3d1aa279c2e894319320ab68a58428ec9e6c71ac56f401d938d7");

std::int64_t in_seconds(std::int64_t seconds) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count() + seconds;
}

/// Hub and CAS in one: /token gives tokens "t1", "t2" …; the rest is the test's.
struct FakeCas {
  std::function<Reply(const Received&)> answer;
  std::int64_t life_s = 900;
  std::mutex mutex;
  int tokens = 0;
  std::vector<std::string> requests;        ///< "METHOD path", without /token
  std::vector<std::string> authorizations;  ///< of the same

  Reply operator()(const Received& request, const std::string& base) {
    const std::lock_guard lock(mutex);
    if (request.path == "/token") {
      Reply reply;
      reply.body = to_json(wire::XetToken{.access_token = fmt::format("t{}", ++tokens),
                                          .cas_url = base + "cas",
                                          .expires_at_s = in_seconds(life_s)});
      return reply;
    }
    requests.push_back(request.method + " " + request.path);
    authorizations.push_back(request.header("authorization"));
    return answer(request);
  }
};

struct Fixture {
  FakeCas cas;
  HttpTestServer server{[this](const Received& request) { return cas(request, server.url()); }};
  net::HttpClient http;
  CredentialStore credentials{real_file_system(), {}};
  HubConnection hub{http, credentials};
  CasClient client{hub, server.url("/token")};
};

Reply with(int status, std::string body = "") {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

wire::Reconstruction one_term(const std::string& url) {
  return {
      .offset_into_first_range = 5,
      .terms = {{.xorb = kXorb, .chunks = {0, 2}, .unpacked_bytes = 200}},
      .fetches = {{.xorb = kXorb, .url = url, .ranges = {{.chunks = {0, 2}, .bytes = {0, 215}}}}}};
}

}  // namespace

TEST_CASE("one token serves all requests until it is about to end", "[remote][cas]") {
  Fixture f;
  f.cas.answer = [](const Received&) { return with(200, R"({"was_inserted":true})"); };
  CHECK(f.client.upload_xorb(kXorb, net::Body::of(std::string("x"))));
  CHECK(f.client.upload_xorb(kXorb, net::Body::of(std::string("x"))));
  CHECK(f.cas.tokens == 1);
  CHECK(f.cas.requests[0] == "POST /cas/v1/xorbs/default/" + kXorb.text());
  CHECK(f.cas.authorizations == std::vector<std::string>{"Bearer t1", "Bearer t1"});
  CHECK(f.client.sent_bytes() == 2);
  f.cas.life_s = 20;
  CasClient brief(f.hub, f.server.url("/token"));
  brief.upload_xorb(kXorb, net::Body::of(std::string("x")));
  brief.upload_xorb(kXorb, net::Body::of(std::string("x")));
  CHECK(f.cas.tokens == 3);
}

TEST_CASE("threads that need a token at once ask for it once", "[remote][cas]") {
  Fixture f;
  f.cas.answer = [](const Received&) { return with(404); };
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] { (void)f.client.find_dedup({}); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(f.cas.tokens == 1);
  CHECK(f.cas.requests.size() == 6);
}

TEST_CASE("a 401 renews the token once", "[remote][cas]") {
  Fixture f;
  f.cas.answer = [](const Received& request) {
    return request.header("authorization") == "Bearer t2" ? with(200, R"({"was_inserted":false})")
                                                          : with(401);
  };
  CHECK_FALSE(f.client.upload_xorb(kXorb, net::Body::of(std::string("x"))));
  CHECK(f.cas.authorizations == std::vector<std::string>{"Bearer t1", "Bearer t2"});
  f.cas.answer = [](const Received&) { return with(401); };
  CHECK_THROWS_MATCHES(f.client.upload_xorb(kXorb, net::Body::of(std::string("x"))), Error,
                       HasKind(ErrorKind::denied));
  CHECK(f.cas.tokens == 3);
}

TEST_CASE("the action's own token is used before any is asked for", "[remote][cas]") {
  Fixture f;
  f.cas.answer = [](const Received&) { return with(404); };
  CasClient client(f.hub, f.server.url("/token"),
                   wire::XetToken{.access_token = "given",
                                  .cas_url = f.server.url("/cas"),
                                  .expires_at_s = in_seconds(600)});
  CHECK_FALSE(client.find_dedup({}));
  CHECK(f.cas.tokens == 0);
  CHECK(f.cas.authorizations == std::vector<std::string>{"Bearer given"});
}

TEST_CASE("a hub with TLS may not send tokens to a place without", "[remote][cas]") {
  Fixture f;
  CHECK_THROWS_MATCHES(CasClient(f.hub, "https://hub.example/token",
                                 wire::XetToken{.access_token = "t",
                                                .cas_url = "http://cas.example",
                                                .expires_at_s = in_seconds(600)}),
                       Error, HasKind(ErrorKind::corrupt));
}

TEST_CASE("trouble with a deduplication query is a miss", "[remote][cas]") {
  Fixture f;
  const int status = GENERATE(200, 403, 404, 429, 500);
  f.cas.answer = [&](const Received&) { return with(status, "not a shard"); };
  CHECK_FALSE(f.client.find_dedup({}));
  CHECK(f.cas.requests.size() == 1);
}

TEST_CASE("a deduplication answer is read", "[remote][cas]") {
  Fixture f;
  xet::Shard shard;
  shard.xorbs.push_back({.hash = kXorb, .body_bytes = 0, .chunks = {{{}, 100}}});
  shard.footer = xet::ShardFooter{};
  const Bytes bytes = xet::make_stored_shard(shard);
  f.cas.answer = [&](const Received&) { return with(200, std::string(as_text(bytes))); };
  const auto found = f.client.find_dedup({});
  REQUIRE(found);
  REQUIRE(found->xorbs.size() == 1);
  CHECK(found->xorbs[0].hash == kXorb);
}

TEST_CASE("reconstruction falls back to v1 and stays there", "[remote][cas]") {
  Fixture f;
  const int missing = GENERATE(404, 501);
  f.cas.answer = [&](const Received& request) {
    if (request.path.find("/v2/") != std::string::npos) return with(missing);
    return with(200, to_json_v1(one_term("http://h/x")));
  };
  const auto range = wire::ByteRange{.first = 100, .last = 199};
  CHECK(f.client.reconstruct(kFile, range) == one_term("http://h/x"));
  CHECK(f.client.reconstruct(kFile, range) == one_term("http://h/x"));
  CHECK(f.cas.requests == std::vector<std::string>{"GET /cas/v2/reconstructions/" + kFile.text(),
                                                   "GET /cas/v1/reconstructions/" + kFile.text(),
                                                   "GET /cas/v1/reconstructions/" + kFile.text()});
}

TEST_CASE("an unknown file does not make the client forget v2", "[remote][cas]") {
  Fixture f;
  bool known = false;
  f.cas.answer = [&](const Received& request) {
    if (!known || request.path.find("/v1/") != std::string::npos) return with(404);
    return with(200, to_json_v2(one_term("http://h/x")));
  };
  CHECK_THROWS_MATCHES(f.client.reconstruct(kFile), Error, HasKind(ErrorKind::not_found));
  known = true;
  CHECK(f.client.reconstruct(kFile) == one_term("http://h/x"));
}

TEST_CASE("a range beyond the end of the file is no error", "[remote][cas]") {
  Fixture f;
  std::string asked;
  f.cas.answer = [&](const Received& request) {
    asked = request.header("range");
    return with(416);
  };
  CHECK_FALSE(f.client.reconstruct(kFile, wire::ByteRange{.first = 256000000, .last = 767999999}));
  CHECK(asked == "bytes=256000000-767999999");
  CHECK(f.cas.requests.size() == 1);
}

TEST_CASE("a shard is registered when the last line says so", "[remote][cas]") {
  Fixture f;
  f.cas.answer = [](const Received&) {
    return with(200,
                "{\"type\":\"validating\",\"verified\":0,\"total\":0}\n\n"
                "{\"type\":\"committing\",\"stage\":\"uploading\"}\n{\"type\":\"new\"}\n"
                "{\"type\":\"result\"}");
  };
  f.client.upload_shard(as_bytes("shard"));
  CHECK(f.cas.requests == std::vector<std::string>{"POST /cas/v2/shards"});
}

TEST_CASE("a shard answer that ends badly is a failure", "[remote][cas]") {
  Fixture f;
  SECTION("refused") {
    f.cas.answer = [](const Received&) {
      return with(200, "{\"type\":\"error\",\"message\":\"no such xorb\"}\n");
    };
    CHECK_THROWS_WITH(f.client.upload_shard(as_bytes("s")),
                      "cannot register files with the hub: no such xorb");
  }
  SECTION("without a last line") {
    f.cas.answer = [](const Received&) { return with(200, "{\"type\":\"validating\"}\n"); };
    CHECK_THROWS_MATCHES(f.client.upload_shard(as_bytes("s")), Error, HasKind(ErrorKind::network));
  }
  SECTION("empty") {
    f.cas.answer = [](const Received&) { return with(200); };
    CHECK_THROWS_MATCHES(f.client.upload_shard(as_bytes("s")), Error, HasKind(ErrorKind::network));
  }
  SECTION("not JSON") {
    f.cas.answer = [](const Received&) { return with(200, "<html>\n"); };
    CHECK_THROWS_MATCHES(f.client.upload_shard(as_bytes("s")), Error, HasKind(ErrorKind::corrupt));
  }
  SECTION("an endless line") {
    f.cas.answer = [](const Received&) { return with(200, std::string(3 << 20, 'x')); };
    CHECK_THROWS_MATCHES(f.client.upload_shard(as_bytes("s")), Error, HasKind(ErrorKind::corrupt));
  }
  CHECK(f.cas.requests.size() == 1);
}

TEST_CASE("a passing failure repeats the whole shard upload", "[remote][cas]") {
  Fixture f;
  int tries = 0;
  std::vector<std::string> bodies;
  f.cas.answer = [&](const Received& request) {
    bodies.push_back(request.body);
    if (++tries == 1) {
      return with(200, "{\"type\":\"error\",\"message\":\"busy\",\"retryable\":true}\n");
    }
    if (tries == 2) {
      Reply cut = with(200);
      cut.producer = [](std::uint64_t position, std::span<char> room) -> ssize_t {
        if (position > 0) return Reply::kCut;
        const std::string_view line = "{\"type\":\"validating\"}\n{\"type\":\"comm";
        std::copy(line.begin(), line.end(), room.begin());
        return static_cast<ssize_t>(line.size());
      };
      return cut;
    }
    return with(200, "{\"type\":\"result\",\"result\":1}\n");
  };
  f.client.upload_shard(as_bytes("shard"));
  CHECK(bodies == std::vector<std::string>{"shard", "shard", "shard"});
}

TEST_CASE("a CAS without v2 shards gets v1 from then on", "[remote][cas]") {
  Fixture f;
  f.cas.answer = [](const Received& request) {
    return request.path == "/cas/v1/shards" ? with(200, R"({"result":1})") : with(404);
  };
  f.client.upload_shard(as_bytes("s"));
  f.client.upload_shard(as_bytes("s"));
  CHECK(f.cas.requests == std::vector<std::string>{"POST /cas/v2/shards", "POST /cas/v1/shards",
                                                   "POST /cas/v1/shards"});
}
