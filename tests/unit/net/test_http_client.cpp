#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include <mhub/base/thread_pool.hpp>
#include <mhub/net/http_client.hpp>

#include "support/http_test_server.hpp"
#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::net;
using mhub::test::HasKind;
using mhub::test::HttpTestServer;
using mhub::test::RawPeer;
using mhub::test::Received;
using mhub::test::Reply;

namespace {

using Clock = std::chrono::steady_clock;

/// Below the stall limit of quick(), above what a busy machine needs.
constexpr std::chrono::seconds kAtOnce{4};

Request quick(std::string url, std::string method = "GET") {
  Request request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.backoff_ms = 2;
  request.stall_limit_ms = 5000;
  return request;
}

std::string pattern(std::size_t size_bytes) {
  std::string out(size_bytes, 0);
  std::uint32_t state = 1;
  for (char& c : out) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

/// Serves `data` with Range, an ETag and, per request, a limit after which the connection is cut.
struct RangeFile {
  std::string data;
  std::string etag = "\"v1\"";
  bool honours_range = true;
  std::vector<std::uint64_t> cut_after_bytes;  // one per request; beyond the list, none
  std::atomic<unsigned> requests{0};
  std::vector<std::string> ranges_asked;

  Reply operator()(const Received& received) {
    const unsigned number = requests++;
    ranges_asked.push_back(received.header("range"));
    std::uint64_t first = 0;
    std::uint64_t last = data.size() - 1;
    Reply reply;
    if (const std::string range = received.header("range"); honours_range && !range.empty()) {
      char* rest = nullptr;
      first = std::strtoull(range.c_str() + 6, &rest, 10);
      if (rest[1] != 0) last = std::strtoull(rest + 1, nullptr, 10);
      reply.status = 206;
      reply.headers.emplace_back("Content-Range",
                                 fmt::format("bytes {}-{}/{}", first, last, data.size()));
    }
    if (!etag.empty()) reply.headers.emplace_back("ETag", etag);
    reply.size_bytes = last - first + 1;
    const std::uint64_t cut =
        number < cut_after_bytes.size() ? cut_after_bytes[number] : UINT64_MAX;
    reply.producer = [this, first, cut](std::uint64_t position, std::span<char> room) -> ssize_t {
      if (position >= cut) return Reply::kCut;
      const std::uint64_t left =
          std::min<std::uint64_t>(cut - position, data.size() - first - position);
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, room.size()));
      std::memcpy(room.data(), data.data() + first + position, count);
      return static_cast<ssize_t>(count);
    };
    return reply;
  }
};

std::string download(HttpClient& client, const Request& request) {
  std::string got;
  client.stream(request, [&](ByteView bytes) { got += as_text(bytes); });
  return got;
}

}  // namespace

TEST_CASE("a request carries method, path, headers and body, and brings the answer",
          "[net][http]") {
  Received seen;
  HttpTestServer server([&](const Received& received) {
    seen = received;
    Reply reply;
    reply.status = 201;
    reply.headers = {{"X-Thing", "yes"}};
    reply.body = "made";
    return reply;
  });
  HttpClient client;
  Request request = quick(server.url("/a%2Fb/c?x=1&y=%20"), "POST");
  request.headers = {
      {"X-Mine", "1"}, {"Content-Type", "text/x"}, {"Content-Length", "999"}, {"X-Empty", ""}};
  request.body = Body::of(std::string("hello"));
  const Response response = client.send(request);
  CHECK(response.status == 201);
  CHECK(response.body == "made");
  CHECK(*response.header("x-thing") == "yes");
  CHECK(seen.method == "POST");
  CHECK(seen.path == "/a%2Fb/c");
  CHECK(seen.query == "x=1&y=%20");
  CHECK(seen.body == "hello");
  CHECK(seen.header("x-mine") == "1");
  CHECK(seen.headers.count("x-empty") == 1);
  CHECK(seen.header("content-type") == "text/x");
  CHECK(seen.header("content-length") == "5");
  CHECK(seen.header("user-agent") == "mhub");
}

TEST_CASE("every method arrives with the body it has", "[net][http]") {
  Received seen;
  HttpTestServer server([&](const Received& received) {
    seen = received;
    return Reply{};
  });
  HttpClient client;
  for (const char* method : {"GET", "HEAD", "DELETE", "OPTIONS"}) {
    CHECK(client.send(quick(server.url(), method)).status == 200);
    CHECK(seen.method == method);
    CHECK(seen.headers.count("content-length") == 0);
  }
  for (const char* method : {"PUT", "POST", "PATCH", "DELETE"}) {
    for (const char* text : {"", "x"}) {
      Request request = quick(server.url(), method);
      request.body = Body::of(std::string(text));
      CHECK(client.send(request).status == 200);
      CHECK(seen.method == method);
      CHECK(seen.body == text);
    }
  }
  CHECK(server.connection_count() == 1);
}

TEST_CASE("headers that would break the framing are refused", "[net][http]") {
  HttpClient client;
  Request request = quick("http://127.0.0.1:1/");
  request.headers = {{"X", "a\r\nY: b"}};
  CHECK_THROWS_MATCHES(client.send(request), Error, HasKind(ErrorKind::corrupt));
  request.headers = {{"X: y", "a"}};
  CHECK_THROWS_MATCHES(client.send(request), Error, HasKind(ErrorKind::corrupt));
  request.headers = {};
  request.method = "GET / HTTP/1.1\r\n";
  CHECK_THROWS_MATCHES(client.send(request), Error, HasKind(ErrorKind::usage));
}

TEST_CASE("a large body streams both ways unchanged", "[net][http]") {
  const std::string data = pattern(9'000'001);
  HttpTestServer server([&](const Received& received) {
    Reply reply;
    reply.body = received.body;
    return reply;
  });
  HttpClient client;
  struct Slices : BodySource {
    std::string_view rest;
    std::size_t step = 1;
    std::size_t read(std::span<std::byte> room) override {
      step = step * 7 % 100'003 + 1;
      const std::size_t count = std::min({step, room.size(), rest.size()});
      std::memcpy(room.data(), rest.data(), count);
      rest.remove_prefix(count);
      return count;
    }
  };
  for (const bool sized : {true, false}) {
    Request request = quick(server.url(), "POST");
    request.body =
        Body::stream(sized ? std::optional<std::uint64_t>(data.size()) : std::nullopt, [&] {
          auto source = std::make_unique<Slices>();
          source->rest = data;
          return source;
        });
    CHECK(download(client, request) == data);
  }
}

TEST_CASE("many threads share one client and its connections", "[net][http]") {
  HttpTestServer server([](const Received& received) {
    Reply reply;
    reply.body = received.path;
    return reply;
  });
  HttpSettings settings;
  settings.connections_per_host = 4;
  HttpClient client(settings);
  ThreadPool pool(12, 400);
  std::vector<std::future<bool>> results;
  for (int i = 0; i < 300; ++i) {
    results.push_back(pool.submit([&client, &server, i] {
      const std::string path = "/n" + std::to_string(i);
      return client.send(quick(server.url(path))).body == path;
    }));
  }
  for (auto& result : results) CHECK(result.get());
  CHECK(server.request_count() == 300);
  CHECK(server.connection_count() <= 4);
}

TEST_CASE("a passing failure is retried, its Retry-After obeyed", "[net][http]") {
  std::atomic<int> calls{0};
  HttpTestServer server([&](const Received&) {
    Reply reply;
    if (calls++ == 0) {
      reply.status = 503;
      reply.headers = {{"Retry-After", "1"}};
    }
    return reply;
  });
  HttpClient client;
  const auto start = Clock::now();
  CHECK(client.send(quick(server.url())).status == 200);
  CHECK(Clock::now() - start >= std::chrono::seconds(1));
  CHECK(calls == 2);
}

TEST_CASE("the last failing answer is handed out", "[net][http]") {
  HttpTestServer server([&](const Received&) {
    Reply reply;
    reply.status = 502;
    reply.body = "sorry";
    return reply;
  });
  HttpClient client;
  Request request = quick(server.url());
  request.max_attempts = 3;
  const Response response = client.send(request);
  CHECK(response.status == 502);
  CHECK(response.body == "sorry");
  CHECK(server.request_count() == 3);
  request.method = "POST";
  request.body = Body::of(std::string("x"));
  CHECK(client.send(request).status == 502);
  CHECK(server.request_count() == 4);
}

TEST_CASE("a server that asks for an hour's patience is not waited for", "[net][http]") {
  HttpTestServer server([&](const Received&) {
    Reply reply;
    reply.status = 429;
    reply.headers = {{"Retry-After", "3600"}};
    return reply;
  });
  HttpClient client;
  CHECK(client.send(quick(server.url())).status == 429);
  CHECK(server.request_count() == 1);
}

TEST_CASE("an upload starts from the front again when it is retried", "[net][http]") {
  const std::string data = pattern(3'000'000);
  std::atomic<int> calls{0};
  std::string seen;
  HttpTestServer server([&](const Received& received) {
    seen = received.body;
    Reply reply;
    if (calls++ < 2) reply.status = 500;
    return reply;
  });
  HttpClient client;
  Request request = quick(server.url(), "PUT");
  request.body = Body::view(as_bytes(data));
  CHECK(client.send(request).status == 200);
  CHECK(seen == data);
  CHECK(calls == 3);
}

TEST_CASE("nobody listening, no such host, no HTTP: an error that names the host", "[net][http]") {
  HttpClient client;
  Request request =
      quick(fmt::format("http://me:secret@127.0.0.1:{}/x?token=secret", test::closed_port()));
  request.max_attempts = 2;
  try {
    client.send(request);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::network);
    CHECK(error.message().find("127.0.0.1") != std::string::npos);
    CHECK(error.message().find("secret") == std::string::npos);
  }
  request.url = "http://no-such-host.invalid/";
  CHECK_THROWS_MATCHES(client.send(request), Error, HasKind(ErrorKind::network));
  RawPeer babbler("SSH-2.0-OpenSSH\r\n\r\n", true);
  request.url = fmt::format("http://127.0.0.1:{}/", babbler.port());
  CHECK_THROWS_MATCHES(client.send(request), Error, HasKind(ErrorKind::corrupt));
  RawPeer plain("HTTP/1.1 200 OK\r\n\r\n", true);
  request.url = fmt::format("https://127.0.0.1:{}/", plain.port());
  CHECK_THROWS_AS(client.send(request), Error);
}

TEST_CASE("a silent server is tried on a fresh connection, then given up", "[net][http]") {
  RawPeer silent("", false);
  HttpClient client;
  Request request = quick(fmt::format("http://127.0.0.1:{}/", silent.port()));
  request.stall_limit_ms = 300;
  request.max_attempts = 3;
  const auto start = Clock::now();
  try {
    client.send(request);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::network);
    CHECK(error.message().find(std::to_string(silent.port())) != std::string::npos);
  }
  CHECK(silent.connection_count() == 3);
  CHECK(Clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("a body that stalls half way is gone on with elsewhere", "[net][http]") {
  const std::string data = pattern(200'000);
  std::atomic<int> calls{0};
  RangeFile file;
  file.data = data;
  const HttpTestServer* self = nullptr;
  HttpTestServer server([&](const Received& received) {
    Reply reply = file(received);
    if (calls++ == 0) {
      reply.producer = [&](std::uint64_t position, std::span<char> room) -> ssize_t {
        if (position >= 100'000) {
          self->stall();
          return Reply::kCut;
        }
        const std::size_t count = std::min<std::size_t>(room.size(), 100'000 - position);
        std::memcpy(room.data(), data.data() + position, count);
        return static_cast<ssize_t>(count);
      };
    }
    return reply;
  });
  self = &server;
  HttpClient client;
  Request request = quick(server.url());
  request.stall_limit_ms = 300;
  CHECK(download(client, request) == data);
  REQUIRE(file.ranges_asked.size() == 2);
  CHECK(file.ranges_asked[1] == "bytes=100000-");
}

TEST_CASE("a slow reader is not a stall", "[net][http]") {
  const std::string data = pattern(4'000'000);
  HttpTestServer server([&](const Received&) {
    Reply reply;
    reply.body = data;
    return reply;
  });
  HttpClient client;
  Request request = quick(server.url());
  request.stall_limit_ms = 200;
  request.max_attempts = 1;
  std::string got;
  bool slept = false;
  client.stream(request, [&](ByteView bytes) {
    if (!slept) std::this_thread::sleep_for(std::chrono::milliseconds(900));
    slept = true;
    got += as_text(bytes);
  });
  CHECK(got == data);
}

TEST_CASE("a download that is cut goes on where it stopped", "[net][http]") {
  RangeFile file;
  file.data = pattern(300'000);
  file.cut_after_bytes = {100'000, 50'000};
  SECTION("with Range") {}
  SECTION("with Range and without an ETag") {
    file.etag = "";
  }
  SECTION("from the front, if the server ignores Range") {
    file.honours_range = false;
  }
  HttpTestServer server([&](const Received& received) { return file(received); });
  HttpClient client;
  CHECK(download(client, quick(server.url())) == file.data);
  REQUIRE(file.ranges_asked.size() == 3);
  CHECK(file.ranges_asked[1] == "bytes=100000-");
}

TEST_CASE("a range that is cut goes on within the range", "[net][http]") {
  RangeFile file;
  file.data = pattern(300'000);
  file.cut_after_bytes = {1000};
  HttpTestServer server([&](const Received& received) { return file(received); });
  HttpClient client;
  Request request = quick(server.url());
  request.range = ByteRange{10'000, 19'999};
  CHECK(download(client, request) == file.data.substr(10'000, 10'000));
  REQUIRE(file.ranges_asked.size() == 2);
  CHECK(file.ranges_asked[0] == "bytes=10000-19999");
  CHECK(file.ranges_asked[1] == "bytes=11000-19999");
}

TEST_CASE("a file that changes between two parts is not glued together", "[net][http]") {
  RangeFile file;
  file.data = pattern(300'000);
  file.cut_after_bytes = {100'000};
  HttpTestServer server([&](const Received& received) {
    Reply reply = file(received);
    file.etag = "\"v2\"";
    return reply;
  });
  HttpClient client;
  CHECK_THROWS_MATCHES(download(client, quick(server.url())), Error, HasKind(ErrorKind::network));
}

TEST_CASE("without an ETag, a file of another length is another file", "[net][http]") {
  RangeFile file;
  file.data = pattern(300'000);
  file.etag.clear();
  file.cut_after_bytes = {100'000};
  HttpTestServer server([&](const Received& received) {
    Reply reply = file(received);
    file.data += "more";
    return reply;
  });
  HttpClient client;
  CHECK_THROWS_WITH(download(client, quick(server.url())), Catch::Contains("changed while"));
}

TEST_CASE("a server that sends another range than asked for is caught", "[net][http]") {
  HttpTestServer server([&](const Received&) {
    Reply reply;
    reply.status = 206;
    reply.headers = {{"Content-Range", "bytes 0-3/10"}};
    reply.body = "abcd";
    return reply;
  });
  HttpClient client;
  Request request = quick(server.url());
  request.range = ByteRange{4, 7};
  CHECK_THROWS_MATCHES(download(client, request), Error, HasKind(ErrorKind::corrupt));
}

TEST_CASE("a body that is cut again and again ends in an error", "[net][http]") {
  RangeFile file;
  file.data = pattern(10'000);
  file.cut_after_bytes = std::vector<std::uint64_t>(50, 10);
  HttpTestServer server([&](const Received& received) { return file(received); });
  HttpClient client;
  Request request = quick(server.url());
  request.max_attempts = 4;
  CHECK_THROWS_MATCHES(download(client, request), Error, HasKind(ErrorKind::network));
  CHECK(file.requests <= 5);
}

TEST_CASE("an endless body meets its limit", "[net][http]") {
  HttpTestServer server([&](const Received&) {
    Reply reply;
    reply.producer = [](std::uint64_t, std::span<char> room) {
      std::memset(room.data(), 'x', room.size());
      return static_cast<ssize_t>(room.size());
    };
    return reply;
  });
  HttpClient client;
  Request request = quick(server.url());
  request.max_body_bytes = 100'000;
  CHECK_THROWS_MATCHES(client.send(request), Error, HasKind(ErrorKind::corrupt));
  std::size_t got_bytes = 0;
  CHECK_THROWS_MATCHES(client.stream(request, [&](ByteView bytes) { got_bytes += bytes.size(); }),
                       Error, HasKind(ErrorKind::corrupt));
  CHECK(got_bytes <= 100'000);
}

TEST_CASE("endless headers meet their limit", "[net][http]") {
  std::string head = "HTTP/1.1 200 OK\r\n";
  while (head.size() < 400'000) head += "X-More: " + std::string(1000, 'x') + "\r\n";
  RawPeer peer(head + "\r\n", true);
  HttpClient client;
  CHECK_THROWS_MATCHES(client.send(quick(fmt::format("http://127.0.0.1:{}/", peer.port()))), Error,
                       HasKind(ErrorKind::corrupt));
}

TEST_CASE("a redirect to another origin loses every secret", "[net][http]") {
  Received seen;
  HttpTestServer other([&](const Received& received) {
    seen = received;
    return Reply{};
  });
  HttpTestServer hub([&](const Received& received) {
    Reply reply;
    reply.status = received.path == "/here" ? 307 : 302;
    reply.headers = {{"Location", received.path == "/here" ? "/there" : other.url("/x?y=1")}};
    if (received.path == "/there") {
      CHECK(received.header("authorization") == "Bearer tok");
      CHECK(received.header("x-key") == "k");
    }
    return reply;
  });
  HttpSettings settings;
  HttpRule rule;
  rule.extra_headers = {"X-Extra: e"};
  settings.rules = {rule};
  settings.home_url = hub.url();
  HttpClient client(settings);
  Request request = quick(hub.url("/here"), "PUT");
  request.headers = {
      bearer_authorization("tok"), {"X-Key", "k", true}, {"X-Plain", "p"}, {"Cookie", "c"}};
  request.body = Body::of(std::string("content"));
  const Response response = client.send(request);
  CHECK(response.status == 200);
  CHECK(response.url == other.url("/x?y=1"));
  CHECK(seen.method == "PUT");
  CHECK(seen.body == "content");
  CHECK(seen.header("x-plain") == "p");
  for (const char* name : {"authorization", "x-key", "cookie", "x-extra"}) {
    CHECK(seen.headers.count(name) == 0);
  }
}

TEST_CASE("See Other turns a POST into a GET without a body", "[net][http]") {
  Received seen;
  HttpTestServer server([&](const Received& received) {
    Reply reply;
    if (received.method == "POST") {
      reply.status = 303;
      reply.headers = {{"Location", "done"}};
    } else {
      seen = received;
    }
    return reply;
  });
  HttpClient client;
  Request request = quick(server.url("/a/b"), "POST");
  request.headers = {{"Content-Type", "text/plain"}};
  request.body = Body::of(std::string("content"));
  CHECK(client.send(request).status == 200);
  CHECK(seen.method == "GET");
  CHECK(seen.path == "/a/done");
  CHECK(seen.body.empty());
  CHECK(seen.headers.count("content-type") == 0);
}

TEST_CASE("redirects end: in circles, to files, or at the caller's wish", "[net][http]") {
  std::string location = "/again";
  HttpTestServer server([&](const Received&) {
    Reply reply;
    reply.status = 302;
    reply.headers = {{"Location", location}};
    return reply;
  });
  HttpClient client;
  CHECK_THROWS_MATCHES(client.send(quick(server.url())), Error, HasKind(ErrorKind::network));
  location = "file:///etc/passwd";
  CHECK_THROWS_MATCHES(client.send(quick(server.url())), Error, HasKind(ErrorKind::corrupt));
  Request request = quick(server.url());
  request.max_redirects = 0;
  CHECK(client.send(request).status == 302);
}

TEST_CASE("a stop ends a request that waits for a silent server", "[net][http]") {
  RawPeer silent("", false);
  HttpClient client;
  StopToken stop;
  Request request = quick(fmt::format("http://127.0.0.1:{}/", silent.port()));
  request.stop = &stop;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  const auto start = Clock::now();
  CHECK_THROWS_MATCHES(client.send(request), Error, HasKind(ErrorKind::interrupted));
  CHECK(Clock::now() - start < kAtOnce);
  stopper.join();
}

TEST_CASE("a stop ends the wait between two tries", "[net][http]") {
  HttpTestServer server([&](const Received&) {
    Reply reply;
    reply.status = 503;
    reply.headers = {{"Retry-After", "60"}};
    return reply;
  });
  HttpClient client;
  StopToken stop;
  Request request = quick(server.url());
  request.stop = &stop;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  const auto start = Clock::now();
  CHECK_THROWS_MATCHES(client.send(request), Error, HasKind(ErrorKind::interrupted));
  CHECK(Clock::now() - start < kAtOnce);
  stopper.join();
}

TEST_CASE("what a sink or a source throws reaches the caller", "[net][http]") {
  HttpTestServer server([&](const Received&) {
    Reply reply;
    reply.body = pattern(2'000'000);
    return reply;
  });
  HttpClient client;
  const auto fail = [](ByteView) { throw Error(ErrorKind::io, "disk full"); };
  CHECK_THROWS_MATCHES(client.stream(quick(server.url()), fail), Error, HasKind(ErrorKind::io));
  struct Failing : BodySource {
    std::size_t read(std::span<std::byte>) override { throw Error(ErrorKind::io, "unreadable"); }
  };
  Request request = quick(server.url(), "PUT");
  request.body = Body::stream(std::nullopt, [] { return std::make_unique<Failing>(); });
  CHECK_THROWS_MATCHES(client.send(request), Error, HasKind(ErrorKind::io));
  request.body = Body::stream(10, [] {
    struct Short : BodySource {
      std::size_t read(std::span<std::byte>) override { return 0; }
    };
    return std::make_unique<Short>();
  });
  CHECK_THROWS_MATCHES(client.send(request), Error, HasKind(ErrorKind::io));
  CHECK(client.send(quick(server.url())).status == 200);
}

TEST_CASE("an error's body is not streamed but handed out", "[net][http]") {
  HttpTestServer server([&](const Received&) {
    Reply reply;
    reply.status = 404;
    reply.headers = {{"Content-Type", "application/json"}};
    reply.body = R"({"error":"no such model"})";
    return reply;
  });
  HttpClient client;
  const Response response =
      client.stream(quick(server.url()), [](ByteView) { FAIL("not for the sink"); });
  CHECK(response.status == 404);
  CHECK(server_message(response) == "no such model");
}

TEST_CASE("a proxy from the settings is used", "[net][http]") {
  HttpTestServer proxy([&](const Received& received) {
    Reply reply;
    reply.body = received.path;
    return reply;
  });
  HttpSettings settings;
  HttpRule rule;
  rule.proxy = proxy.url();
  settings.rules = {rule};
  HttpClient client(settings);
  CHECK(client.send(quick("http://hub.invalid/x")).body == "http://hub.invalid/x");
}

TEST_CASE("an exchange is pushed and pulled by hand", "[net][http]") {
  HttpTestServer server([&](const Received& received) {
    Reply reply;
    reply.body = received.body;
    reply.headers = {{"X-Encoding", received.header("transfer-encoding")}};
    return reply;
  });
  HttpClient client;
  const std::string data = pattern(3'000'000);
  HttpExchange exchange = client.open(quick(server.url(), "POST"), true);
  for (std::size_t at = 0; at < data.size(); at += 70'000) {
    exchange.write(as_bytes(std::string_view(data).substr(at, 70'000)));
  }
  exchange.finish();
  CHECK(exchange.head().status == 200);
  CHECK(*exchange.head().header("X-Encoding") == "chunked");
  std::string got;
  std::byte room[50'000];
  while (const std::size_t count = exchange.read(room)) got += as_text({room, count});
  CHECK(got == data);
}

TEST_CASE("an exchange shows a refusal that comes while it is pushed", "[net][http]") {
  RawPeer peer("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", true);
  HttpClient client;
  HttpExchange exchange =
      client.open(quick(fmt::format("http://127.0.0.1:{}/", peer.port()), "POST"), true);
  const std::string data(50'000, 'x');
  for (int i = 0; i < 400; ++i) exchange.write(as_bytes(data));
  exchange.finish();
  CHECK(exchange.head().status == 403);
  std::byte room[10];
  CHECK(as_text({room, exchange.read(room)}) == "no");
  CHECK(exchange.read(room) == 0);
}

TEST_CASE("a refusal whose connection is reset before it is whole is still shown", "[net][http]") {
  RawPeer peer("HTTP/1.1 507 Full\r\nContent-Length: 99\r\n\r\nno room", true);
  const std::string url = fmt::format("http://127.0.0.1:{}/", peer.port());
  HttpClient client;
  SECTION("pushed by hand") {
    HttpExchange exchange = client.open(quick(url, "POST"), true);
    const std::string data(50'000, 'x');
    for (int i = 0; i < 400; ++i) exchange.write(as_bytes(data));
    exchange.finish();
    CHECK(exchange.head().status == 507);
    std::byte room[10];
    CHECK(as_text({room, exchange.read(room)}) == "no room");
    CHECK(exchange.read(room) == 0);
  }
  SECTION("read from a source") {
    Request request = quick(url, "PUT");
    request.body = Body::of(std::string(20'000'000, 'x'));
    const Response response = client.send(request);
    CHECK(response.status == 507);
    CHECK(response.body == "no room");
  }
}

TEST_CASE("a client ends at once with an exchange given up", "[net][http]") {
  RawPeer silent("", false);
  const auto start = Clock::now();
  {
    HttpClient client;
    HttpExchange exchange =
        client.open(quick(fmt::format("http://127.0.0.1:{}/", silent.port()), "POST"), true);
    exchange.write(as_bytes("x"));
  }
  CHECK(Clock::now() - start < kAtOnce);
}
