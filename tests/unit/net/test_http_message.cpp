#include <mhub/net/http_message.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::net;

namespace {

Response answer(int status, std::string type, std::string body) {
  Response out;
  out.status = status;
  out.url = "https://hub.example/x";
  out.headers = {{"content-TYPE", std::move(type)}};
  out.body = std::move(body);
  return out;
}

}  // namespace

TEST_CASE("the hub's own words are found", "[net][message]") {
  CHECK(server_message(answer(404, "application/json; charset=utf-8", R"({"error":"no such"})")) ==
        "no such");
  CHECK(server_message(answer(422, "application/vnd.git-lfs+json", R"({"message":"bad oid"})")) ==
        "bad oid");
  CHECK(server_message(answer(400, "application/json", R"({"error":["a","b"]})")) == "a; b");
  CHECK(server_message(answer(
            403, "application/json",
            R"({"errors":[{"code":"DENIED","message":"a"},{"message":"b"},{}]})")) == "a; b");
  CHECK(server_message(
            answer(403, "application/json",
                   R"({"error":"deep","x":)" + std::string(33, '[') + std::string(33, ']') + "}"))
            .empty());
  CHECK(server_message(answer(403, "text/plain", " go away\n")) == "go away");
  CHECK(server_message(answer(500, "text/html", "<html>")).empty());
  CHECK(server_message(answer(500, "application/json", "{{{")).empty());
  CHECK(server_message(answer(403, "text/plain", "a\x1b[2Jb")).find('\x1b') == std::string::npos);
  Response with_header = answer(403, "text/plain", "body");
  with_header.headers.push_back({"X-Error-Message", "from the header"});
  CHECK(server_message(with_header) == "from the header");
}

TEST_CASE("a status has a kind", "[net][message]") {
  const auto kind = [](int status) { return status_error(answer(status, "", ""), "x").kind(); };
  CHECK(kind(401) == ErrorKind::denied);
  CHECK(kind(403) == ErrorKind::denied);
  CHECK(kind(404) == ErrorKind::not_found);
  CHECK(kind(409) == ErrorKind::conflict);
  CHECK(kind(422) == ErrorKind::usage);
  CHECK(kind(429) == ErrorKind::network);
  CHECK(kind(503) == ErrorKind::network);
  CHECK(kind(200) == ErrorKind::corrupt);
  const Error error = status_error(answer(404, "text/plain", "no such model"), "list files");
  CHECK(error.message() == "cannot list files: hub.example answered 404: no such model");
}

TEST_CASE("a body can be read again from the front", "[net][message]") {
  const Body body = Body::of(std::string("hello"));
  REQUIRE(body.size_bytes() == 5u);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto source = body.open();
    std::byte room[3];
    CHECK(source->read(room) == 3);
    CHECK(source->read(room) == 2);
    CHECK(source->read(room) == 0);
  }
  CHECK_FALSE(Body().present());
}

TEST_CASE("a content length that is no number is ignored", "[net][message]") {
  Response response;
  response.headers = {{"Content-Length", "12"}};
  CHECK(response.content_length() == 12u);
  for (const char* text : {"-1", "1x", "", "99999999999999999999999"}) {
    response.headers[0].value = text;
    CHECK_FALSE(response.content_length().has_value());
  }
}

TEST_CASE("authorization headers are secret", "[net][message]") {
  CHECK(basic_authorization("me", "tok").value == "Basic bWU6dG9r");
  CHECK(basic_authorization("me", "tok").secret);
  CHECK(bearer_authorization("tok").value == "Bearer tok");
}
