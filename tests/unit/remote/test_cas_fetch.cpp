#include <cstring>
#include <mutex>

#include <mhub/remote/cas_client.hpp>
#include <mhub/xet/hash.hpp>

#include "support/http_test_server.hpp"
#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using mhub::test::HasKind;
using mhub::test::HttpTestServer;
using mhub::test::Received;
using mhub::test::Reply;

namespace {

/// A body of chunks of different compressibility, and what stands in it.
struct Records {
  Bytes body;
  std::vector<Bytes> chunks;

  Records() {
    std::uint32_t state = 3;
    for (int i = 0; i < 40; ++i) {
      Bytes chunk(static_cast<std::size_t>(9000 + 2900 * i));
      for (std::byte& byte : chunk) {
        if (i % 3 != 0) state = state * 1664525 + 1013904223;
        byte = static_cast<std::byte>(state >> 24);
      }
      xet::append_record(body, i % 2 == 0 ? xet::Scheme::lz4 : xet::Scheme::none, chunk);
      chunks.push_back(std::move(chunk));
    }
  }
};

/// Serves the records at offset 1000 of an object; like a signed URL, allows one range alone.
struct Fixture {
  Records records;
  wire::FetchRange range{.chunks = {7, 47}, .bytes = {1000, 0}};
  std::vector<std::uint64_t> cuts;  ///< after so many bytes, one per request
  std::mutex mutex;
  std::vector<std::string> ranges;
  bool sent_authorization = false;
  std::function<void(Reply&)> spoil = [](Reply&) {};

  HttpTestServer server{[this](const Received& request) {
    const std::lock_guard lock(mutex);
    const std::size_t number = ranges.size();
    ranges.push_back(request.header("range"));
    sent_authorization |= !request.header("authorization").empty();
    Reply reply;
    if (ranges.back() != fmt::format("bytes={}-{}", range.bytes.first, range.bytes.last)) {
      reply.status = 403;
      return reply;
    }
    reply.status = 206;
    reply.headers.emplace_back(
        "Content-Range", fmt::format("bytes {}-{}/99999999", range.bytes.first, range.bytes.last));
    if (number < cuts.size()) {
      const std::uint64_t cut = cuts[number];
      reply.size_bytes = records.body.size();
      reply.producer = [this, cut](std::uint64_t position, std::span<char> room) -> ssize_t {
        if (position >= cut) return Reply::kCut;
        const std::size_t count = std::min<std::size_t>(room.size(), cut - position);
        std::memcpy(room.data(), records.body.data() + position, count);
        return static_cast<ssize_t>(count);
      };
    } else {
      reply.body = std::string(as_text(records.body));
    }
    spoil(reply);
    return reply;
  }};
  net::HttpClient http;
  CredentialStore credentials{real_file_system(), [this] {
                                Environment environment;
                                environment.mhub_endpoint = server.url();
                                environment.mhub_token = "tok";
                                return environment;
                              }()};
  HubConnection hub{http, credentials};
  CasClient client{hub, server.url("/token")};
  std::vector<std::uint32_t> got;
  bool all_right = true;

  Fixture() { range.bytes.last = 1000 + records.body.size() - 1; }

  FetchOutcome fetch() {
    return client.fetch_chunks(
        server.url("/x?sig=1"), range,
        [&](std::uint32_t chunk, const xet::ChunkHash& hash, ByteView bytes) {
          got.push_back(chunk);
          const Bytes& expected = records.chunks.at(chunk - 7);
          all_right &= std::ranges::equal(expected, bytes) && hash == xet::hash_chunk(expected);
        });
  }
};

}  // namespace

TEST_CASE("chunks come decoded, hashed, in order and without our credentials", "[remote][fetch]") {
  Fixture f;
  CHECK(f.fetch() == FetchOutcome::complete);
  REQUIRE(f.got.size() == 40);
  CHECK(f.got.front() == 7);
  CHECK(f.got.back() == 46);
  CHECK(f.all_right);
  CHECK_FALSE(f.sent_authorization);
  CHECK(f.client.received_bytes() == f.records.body.size());
}

TEST_CASE("after a broken connection each chunk still comes once", "[remote][fetch]") {
  Fixture f;
  f.cuts = {200000, 300001};
  CHECK(f.fetch() == FetchOutcome::complete);
  CHECK(f.got.size() == 40);
  CHECK(std::ranges::is_sorted(f.got));
  CHECK(f.all_right);
}

TEST_CASE("a connection that breaks within the first record is no refusal", "[remote][fetch]") {
  Fixture f;
  f.cuts = {100};
  CHECK(f.fetch() == FetchOutcome::complete);
  CHECK(f.got.size() == 40);
  CHECK(f.all_right);
}

TEST_CASE("an expired URL is told apart from a failure", "[remote][fetch]") {
  Fixture f;
  f.spoil = [](Reply& reply) { reply.status = 403; };
  CHECK(f.fetch() == FetchOutcome::expired);
  CHECK(f.got.empty());
}

TEST_CASE("anything but the listed range is refused", "[remote][fetch]") {
  Fixture f;
  SECTION("the whole object") {
    f.spoil = [](Reply& reply) { reply.status = 200; };
  }
  SECTION("too few records") {
    f.spoil = [](Reply& reply) { reply.body.resize(reply.body.size() / 2); };
  }
  SECTION("too many bytes") {
    f.spoil = [](Reply& reply) { reply.body += "12345678"; };
  }
  SECTION("another start") {
    f.spoil = [](Reply& reply) { reply.headers[0].second = "bytes 1-2/3"; };
  }
  SECTION("no start") {
    f.spoil = [](Reply& reply) { reply.headers.clear(); };
  }
  SECTION("fewer chunks than listed") {
    f.range.chunks.end = 48;
  }
  SECTION("more chunks than listed") {
    f.range.chunks.end = 46;
  }
  SECTION("bytes that are no record") {
    f.spoil = [](Reply& reply) { reply.body[0] = '\x07'; };
  }
  SECTION("a payload that does not decode") {
    f.spoil = [](Reply& reply) { reply.body[12] = static_cast<char>(reply.body[12] + 1); };
  }
  CHECK_THROWS_MATCHES(f.fetch(), Error, HasKind(ErrorKind::corrupt));
}

TEST_CASE("what the handler throws reaches the caller at once", "[remote][fetch]") {
  Fixture f;
  CHECK_THROWS_WITH(f.client.fetch_chunks(f.server.url("/x"), f.range,
                                          [](std::uint32_t, const xet::ChunkHash&, ByteView) {
                                            throw Error(ErrorKind::denied, "stop here");
                                          }),
                    "stop here");
  CHECK(f.ranges.size() == 1);
}
