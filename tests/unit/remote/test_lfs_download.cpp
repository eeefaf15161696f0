#include <cstring>

#include <mhub/remote/lfs_client.hpp>

#include "support/http_test_server.hpp"
#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using mhub::test::HasKind;
using mhub::test::HttpTestServer;
using mhub::test::Received;
using mhub::test::Reply;

namespace {

std::string pattern(std::size_t size_bytes) {
  std::string out(size_bytes, 0);
  std::uint32_t state = 7;
  for (char& c : out) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

struct Fixture {
  std::string data = pattern(300000);
  bool honours_range = true;
  std::vector<std::string> ranges;
  std::function<void(Reply&)> spoil = [](Reply&) {};

  HttpTestServer server{[this](const Received& request) {
    const std::string range = request.header("range");
    ranges.push_back(range);
    Reply reply;
    std::uint64_t first = 0;
    if (honours_range && !range.empty()) {
      first = std::strtoull(range.c_str() + 6, nullptr, 10);
      reply.status = 206;
      reply.headers.emplace_back(
          "Content-Range", fmt::format("bytes {}-{}/{}", first, data.size() - 1, data.size()));
    }
    reply.body = data.substr(first);
    spoil(reply);
    return reply;
  }};
  net::HttpClient http;
  CredentialStore credentials{real_file_system(), {}};
  HubConnection hub{http, credentials};
  LfsClient client{hub, server.url("/lfs"), ""};
  std::string part;  ///< what an earlier try left, then what is there

  wire::LfsObjectAnswer answer() {
    wire::LfsObjectAnswer out{
        .object = {.oid = sha256_of(as_bytes(data)), .size_bytes = data.size()},
        .authenticated = true};
    out.download = wire::LfsAction{.href = server.url("/object")};
    return out;
  }
  void download() {
    client.download(
        answer(), part.size(), [this](std::uint64_t offset) { part.resize(offset); },
        [this](ByteView bytes) { part += as_text(bytes); });
  }
};

}  // namespace

TEST_CASE("a download goes on after the bytes that are there", "[remote][lfs]") {
  Fixture f;
  f.part = f.data.substr(0, 100001);
  f.download();
  CHECK(f.part == f.data);
  CHECK(f.ranges == std::vector<std::string>{"bytes=100001-299999"});
}

TEST_CASE("a server without Range sends the whole, which replaces the part", "[remote][lfs]") {
  Fixture f;
  f.honours_range = false;
  f.part = f.data.substr(0, 100001);
  f.download();
  CHECK(f.part == f.data);
  CHECK(f.ranges.size() == 1);
}

TEST_CASE("too many and too few bytes are refused", "[remote][lfs]") {
  Fixture f;
  SECTION("many") {
    f.spoil = [](Reply& reply) { reply.body += "and more"; };
    CHECK_THROWS_MATCHES(f.download(), Error, HasKind(ErrorKind::corrupt));
  }
  SECTION("endless") {
    f.spoil = [](Reply& reply) {
      reply.producer = [](std::uint64_t, std::span<char> room) -> ssize_t {
        std::memset(room.data(), 'x', room.size());
        return static_cast<ssize_t>(room.size());
      };
    };
    CHECK_THROWS_MATCHES(f.download(), Error, HasKind(ErrorKind::corrupt));
  }
  SECTION("few") {
    f.spoil = [](Reply& reply) { reply.body.resize(10); };
    CHECK_THROWS_MATCHES(f.download(), Error, HasKind(ErrorKind::network));
  }
  SECTION("from elsewhere") {
    f.part = "12345";
    f.spoil = [](Reply& reply) { reply.headers[0].second = "bytes 7-299999/300000"; };
    CHECK_THROWS_MATCHES(f.download(), Error, HasKind(ErrorKind::corrupt));
  }
}
