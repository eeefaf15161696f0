#include <mhub/net/url.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::net;
using mhub::test::HasKind;

TEST_CASE("a URL is taken apart and put together without its credentials", "[net][url]") {
  const Url url = require_url("HTTPS://me:p%40ss@Hub.Example:8443/team/model.git?a=1#x");
  CHECK(url.scheme == "https");
  CHECK(url.user == "me");
  CHECK(url.password == "p@ss");
  CHECK(url.host == "hub.example");
  CHECK(url.port == 8443);
  CHECK(url.path == "/team/model.git");
  CHECK(url.query == "a=1");
  CHECK(url.str() == "https://hub.example:8443/team/model.git?a=1#x");
  CHECK(url.origin() == "https://hub.example:8443");
  CHECK(require_url("http://h").str() == "http://h/");
  CHECK(require_url("http://[::1]:80/x").host_and_port() == "[::1]");
  CHECK(require_url("http://h/a:///b").path == "/a:///b");
}

TEST_CASE("what is not an http URL is refused", "[net][url]") {
  for (const char* text :
       {"", "team/model", "ftp://h/x", "file:///etc/passwd", "http://", "http:///x", "http://h:0/",
        "http://h:99999/", "http://h/a\nb", "http://h\x7f/", "http://127%2E1/", "http://33%33/"}) {
    INFO(text);
    CHECK_FALSE(parse_url(text).has_value());
    CHECK_THROWS_MATCHES(require_url(text), Error, HasKind(ErrorKind::usage));
  }
  CHECK_FALSE(parse_url("http://h/" + std::string(9000, 'a')).has_value());
}

TEST_CASE("a reference is resolved against its page", "[net][url]") {
  const Url base = require_url("https://hub.example/a/b?x=1");
  CHECK(resolve_reference(base, "c")->str() == "https://hub.example/a/c");
  CHECK(resolve_reference(base, "/c?y=2")->str() == "https://hub.example/c?y=2");
  CHECK(resolve_reference(base, "//other.example/c")->str() == "https://other.example/c");
  CHECK(resolve_reference(base, "http://other.example:81/c")->origin() ==
        "http://other.example:81");
  CHECK_FALSE(resolve_reference(base, "file:///etc/passwd").has_value());
  CHECK_FALSE(resolve_reference(base, "gopher://x/").has_value());
  CHECK_FALSE(resolve_reference(base, "http://127%2E1/").has_value());
}

TEST_CASE("origins differ by scheme, host and port", "[net][url]") {
  const Url a = require_url("https://hub.example/x");
  CHECK(same_origin(a, require_url("https://HUB.example:443/y")));
  CHECK_FALSE(same_origin(a, require_url("http://hub.example:443/y")));
  CHECK_FALSE(same_origin(a, require_url("https://hub.example:8443/y")));
  CHECK_FALSE(same_origin(a, require_url("https://hub.example.org/y")));
}

TEST_CASE("a shown URL holds no secret, whether it parses or not", "[net][url]") {
  CHECK(display_url("https://u:secret@h/x?token=secret#secret") == "https://h/x");
  CHECK(display_url("ssh://u:secret@h/x?secret") == "ssh://h/x");
  CHECK(display_url("http://u:sec@ret@h:0/x").find("sec") == std::string::npos);
}

TEST_CASE("escaping and unescaping are inverse", "[net][url]") {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  CHECK(unescape(escape(all)) == all);
  CHECK(unescape(escape_path(all)) == all);
  CHECK(escape("refs/pr/1") == "refs%2Fpr%2F1");
  CHECK(escape_path("a b/c") == "a%20b/c");
  CHECK_FALSE(unescape("a%2").has_value());
  CHECK_FALSE(unescape("a%zz").has_value());
  CHECK_FALSE(unescape("a%00").has_value());
  CHECK(build_query({{"a", "1"}, {"b", "x y&"}}) == "a=1&b=x%20y%26");
  CHECK(join_url("http://h/", "/a") == "http://h/a");
  CHECK(join_url("http://h", "a") == "http://h/a");
}
