#include <mhub/net/http_settings.hpp>

#include "support/matchers.hpp"

using namespace mhub::net;

namespace {

HttpRule rule(std::string url, std::string agent) {
  HttpRule out;
  out.url = std::move(url);
  out.user_agent = std::move(agent);
  return out;
}

}  // namespace

TEST_CASE("the most specific rule wins, then the later one", "[net][settings]") {
  HttpSettings settings;
  settings.user_agent = "default";
  CHECK(settings_for(settings, require_url("https://hub.example/")).user_agent == "default");
  settings.rules = {rule("https://hub.example/team", "team"), rule("", "any"),
                    rule("https://hub.example", "hub"), rule("https://*.example", "star")};
  const auto agent = [&](const char* url) {
    return settings_for(settings, require_url(url)).user_agent;
  };
  CHECK(agent("https://hub.example/team/model") == "team");
  CHECK(agent("https://hub.example/teams/model") == "hub");
  CHECK(agent("https://other.example/") == "star");
  CHECK(agent("https://a.other.example/") == "any");
  CHECK(agent("http://hub.example/") == "any");
  CHECK(agent("https://hub.example:444/") == "any");
  settings.rules.push_back(rule("https://hub.example/", "later"));
  CHECK(agent("https://hub.example/x") == "later");
}

TEST_CASE("extra headers without a URL go to the home origin only", "[net][settings]") {
  HttpSettings settings;
  HttpRule global;
  global.extra_headers = {"X-Old: 1", "", "Authorization: Basic c2VjcmV0"};
  HttpRule scoped;
  scoped.url = "https://cdn.example";
  scoped.extra_headers = {"X-Cdn: yes"};
  settings.rules = {global, scoped};
  settings.home_url = "https://hub.example/team/model";
  CHECK(settings_for(settings, require_url("https://hub.example/x")).extra_headers ==
        std::vector<std::string>{"Authorization: Basic c2VjcmV0"});
  CHECK(settings_for(settings, require_url("https://cdn.example/x")).extra_headers ==
        std::vector<std::string>{"X-Cdn: yes"});
  CHECK(settings_for(settings, require_url("http://hub.example/x")).extra_headers.empty());
  settings.home_url.clear();
  CHECK(settings_for(settings, require_url("https://hub.example/x")).extra_headers.empty());
}
