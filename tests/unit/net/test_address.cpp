#include <arpa/inet.h>
#include <netinet/in.h>

#include <mhub/net/address.hpp>
#include <mhub/net/http_client.hpp>

#include "support/catch.hpp"
#include "support/http_test_server.hpp"
#include "support/matchers.hpp"

namespace mhub::net {
namespace {

bool is_public(const std::string& text) {
  sockaddr_in inet{};
  inet.sin_family = AF_INET;
  sockaddr_in6 inet6{};
  inet6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET, text.c_str(), &inet.sin_addr) == 1)
    return is_public_address(reinterpret_cast<const sockaddr&>(inet));
  REQUIRE(inet_pton(AF_INET6, text.c_str(), &inet6.sin6_addr) == 1);
  return is_public_address(reinterpret_cast<const sockaddr&>(inet6));
}

TEST_CASE("addresses of this machine and of private networks are not public", "[net][address]") {
  for (const char* text : {"127.0.0.1",
                           "127.255.0.1",
                           "0.0.0.0",
                           "10.1.2.3",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "198.19.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "2001::1",
                           "2001:db8::1",
                           "::7f00:1"}) {
    INFO(text);
    CHECK_FALSE(is_public(text));
  }
  for (const char* text :
       {"1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "223.255.255.255",
        "2606:4700::1111", "2001:4860::8888", "::ffff:8.8.8.8"}) {
    INFO(text);
    CHECK(is_public(text));
  }
}

TEST_CASE("a client for public addresses connects to no other", "[net][address]") {
  test::HttpTestServer server([](const test::Received&) { return test::Reply{}; });
  Request request;
  request.max_attempts = 1;
  HttpSettings settings;
  settings.only_public_addresses = true;
  for (const std::string host : {"127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"}) {
    request.url = "http://" + host + ":" + std::to_string(server.port()) + "/";
    CHECK_THROWS_MATCHES(HttpClient(settings).send(request), Error,
                         test::HasKind(ErrorKind::network));
  }
  CHECK(server.connection_count() == 0);
  request.url = server.url();
  CHECK(HttpClient().send(request).status == 200);
}

}  // namespace
}  // namespace mhub::net
