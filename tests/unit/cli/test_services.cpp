#include "hf_environment.hpp"
#include "services.hpp"
#include "support/matchers.hpp"

using namespace mhub;
using repo::ConfigEntry;

TEST_CASE("git's http settings become rules of the client", "[cli][services]") {
  const auto rules = cli::http_rules({
      ConfigEntry{"http.proxy", "http://proxy:3128"},
      ConfigEntry{"http.sslverify", "no"},
      ConfigEntry{"http.https://hub.example/a.b.sslverify", "true"},
      ConfigEntry{"http.https://hub.example/a.b.extraheader", "X-A: 1"},
      ConfigEntry{"http.https://hub.example/a.b.extraheader", "X-B: 2"},
      ConfigEntry{"http.useragent", "me/1"},
      ConfigEntry{"user.name", "Ann"},
      ConfigEntry{"http.lowspeedlimit", "3"},
  });
  REQUIRE(rules.size() == 3);
  CHECK(rules[0].url.empty());
  CHECK(rules[0].proxy == "http://proxy:3128");
  CHECK(rules[0].ssl_verify == false);
  CHECK(rules[1].url == "https://hub.example/a.b");
  CHECK(rules[1].ssl_verify == true);
  CHECK(rules[1].extra_headers == std::vector<std::string>{"X-A: 1", "X-B: 2"});
  CHECK_FALSE(rules[1].proxy);
  CHECK(rules[2].url.empty());
  CHECK(rules[2].user_agent == "me/1");
}

TEST_CASE("paths and truths in git's http settings are read as git reads them", "[cli][services]") {
  const auto rules = cli::http_rules({
      ConfigEntry{"http.sslcainfo", "~/ca.pem"},
      ConfigEntry{"http.sslverify", "OFF"},
  });
  REQUIRE(rules.size() == 1);
  REQUIRE(rules[0].ca_info);
  CHECK_FALSE(rules[0].ca_info->starts_with("~"));
  CHECK(rules[0].ca_info->ends_with("/ca.pem"));
  CHECK(rules[0].ssl_verify == false);
  CHECK_THROWS_MATCHES(cli::http_rules({ConfigEntry{"http.sslverify", "perhaps"}}), Error,
                       test::HasKind(ErrorKind::config));
}

TEST_CASE("timeouts of Hugging Face's tools are whole seconds", "[cli][services]") {
  const cli::Environment environment(
      {{"A", "10"}, {"B", "0"}, {"C", "1.5"}, {"D", "-1"}, {"E", "86401"}, {"F", "5s"}});
  CHECK(cli::timeout_ms(environment, "A") == 10'000);
  CHECK(cli::timeout_ms(environment, "B") == 0);
  CHECK(cli::timeout_ms(environment, "unset") == 0);
  for (const char* name : {"C", "D", "E", "F"}) {
    INFO(name);
    CHECK_THROWS_MATCHES(cli::timeout_ms(environment, name), Error,
                         test::HasKind(ErrorKind::config));
  }
}
