#include <mhub/wire/xet_token.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::wire;

namespace {

const XetToken kToken{
    .access_token = "eyJ.abc", .cas_url = "http://127.0.0.1:8080/cas", .expires_at_s = 1790327053};
const std::string kFile = "f857c20483a87a6737b06f718d340429fc080f73c00f6d46b2030b58734a61e4";

}  // namespace

TEST_CASE("a token answer is read and written", "[wire][xet_token]") {
  CHECK(to_json(kToken) ==
        R"({"accessToken":"eyJ.abc","casUrl":"http://127.0.0.1:8080/cas","exp":1790327053})");
  CHECK(parse_xet_token(to_json(kToken)) == kToken);
  CHECK(parse_xet_token(R"({"exp":1,"casUrl":"https://cas.example/","accessToken":"a","x":1})") ==
        XetToken{.access_token = "a", .cas_url = "https://cas.example", .expires_at_s = 1});
}

TEST_CASE("a token that could break out of a header line is refused", "[wire][xet_token]") {
  CHECK_THROWS_MATCHES(
      parse_xet_token(R"({"accessToken":"a\r\nX: y","casUrl":"http://h","exp":1})"), Error,
      test::HasKind(ErrorKind::corrupt));
  CHECK_THROWS_MATCHES(parse_xet_token(R"({"accessToken":"a","casUrl":"file:///x","exp":1})"),
                       Error, test::HasKind(ErrorKind::corrupt));
  CHECK_THROWS_WITH(parse_xet_token(R"({"accessToken":"a","casUrl":"http://h"})"),
                    "xet token has no field exp");
}

TEST_CASE("a refused token does not appear in the message", "[wire][xet_token]") {
  try {
    parse_xet_token(R"({"accessToken":"se\u0001cret","casUrl":"http://h","exp":1})");
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.message().find("cret") == std::string::npos);
  }
}

TEST_CASE("token headers are found in any case", "[wire][xet_token]") {
  CHECK(parse_xet_token_headers(xet_token_headers(kToken)) == kToken);
  CHECK(parse_xet_token_headers({{"x-xet-cas-url", kToken.cas_url},
                                 {"x-xet-access-token", kToken.access_token},
                                 {"X-XET-TOKEN-EXPIRATION", "1790327053"}}) == kToken);
  CHECK_THROWS_WITH(parse_xet_token_headers({{"X-Xet-Cas-Url", "http://h"}}),
                    "xet token: header X-Xet-Access-Token is missing");
  auto header = xet_token_headers(kToken);
  header["X-Xet-Token-Expiration"] = "soon";
  CHECK_THROWS_MATCHES(parse_xet_token_headers(header), Error, test::HasKind(ErrorKind::corrupt));
}

TEST_CASE("upload and download actions survive a round trip", "[wire][xet_token]") {
  const XetUploadAction upload{.refresh_url = "http://h/api/xet-write-token/main",
                               .token = kToken,
                               .session_id = "s1",
                               .takes_announcements = true};
  CHECK(parse_xet_upload_action(to_lfs_action(upload)) == upload);
  const XetDownloadAction download{.refresh_url = "http://h/api/xet-read-token/main",
                                   .token = kToken,
                                   .file = *xet::FileHash::parse(kFile)};
  const LfsAction action = to_lfs_action(download);
  CHECK(action.header.at("X-Xet-Hash") == kFile);
  CHECK(parse_xet_download_action(action) == download);
  LfsAction without = action;
  without.header.erase("X-Xet-Hash");
  CHECK_THROWS_WITH(parse_xet_download_action(without), "xet token: header X-Xet-Hash is missing");
}
