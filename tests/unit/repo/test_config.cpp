#include <mhub/repo/config.hpp>

#include "support/git_repo.hpp"

using namespace mhub;
using namespace mhub::repo;
using test::HasKind;

TEST_CASE("settings are read as git reads them", "[repo][config]") {
  test::GitRepo work;
  work.git({"config", "mhub.keep", "all"});
  work.git({"config", "mhub.flag", "yes"});
  work.git({"config", "mhub.size", "2k"});
  work.git({"config", "--add", "http.extraHeader", "A: 1"});
  work.git({"config", "--add", "http.extraHeader", "B: 2"});
  Config& config = work->config();
  CHECK(config.get("mhub.keep") == "all");
  CHECK(config.get("MHUB.Keep") == "all");
  CHECK(config.get("mhub.none") == std::nullopt);
  CHECK(config.get("user.name") == "Ada");
  CHECK(config.get_bool("mhub.flag") == true);
  CHECK(config.get_int("mhub.size") == 2048);
  CHECK(config.get_all("http.extraHeader") == std::vector<std::string>{"A: 1", "B: 2"});
  CHECK_THROWS_MATCHES(config.get_bool("mhub.keep"), Error, HasKind(ErrorKind::config));
  CHECK_THROWS_MATCHES(config.get("nodot"), Error, HasKind(ErrorKind::usage));
}

TEST_CASE("settings that are written are seen by git", "[repo][config]") {
  test::GitRepo work;
  Config& config = work->config();
  config.set("branch.a.b.remote", "origin");
  config.set_bool("mhub.flag", true);
  config.add("remote.x.fetch", "+refs/heads/*:refs/remotes/x/*");
  config.add("remote.x.fetch", "+refs/tags/*:refs/tags/*");
  CHECK(work.git({"config", "branch.a.b.remote"}) == "origin");
  CHECK(work.git({"config", "mhub.flag"}) == "true");
  CHECK(work.git({"config", "--get-all", "remote.x.fetch"}) ==
        "+refs/heads/*:refs/remotes/x/*\n+refs/tags/*:refs/tags/*");
  config.set("remote.x.fetch", "one");
  CHECK(work.git({"config", "--get-all", "remote.x.fetch"}) == "one");
  CHECK(config.unset("mhub.flag"));
  CHECK_FALSE(config.unset("mhub.flag"));
  CHECK(work.try_git({"config", "mhub.flag"}).exit_code == 1);
  config.set("mhub.everywhere", "1", ConfigLevel::global);
  CHECK(work.git({"config", "--global", "mhub.everywhere"}) == "1");
  config.remove_section("remote", "x");
  CHECK(work.try_git({"config", "remote.x.fetch"}).exit_code == 1);
}

TEST_CASE("the most specific setting for a URL counts", "[repo][config]") {
  test::GitRepo work;
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"http.https://hub.example/team.proxy", "path"},
           {"http.proxy", "any"},
           {"http.https://hub.example.proxy", "host"},
           {"http.https://*.example.proxy", "star"},
           {"http.https://ada@hub.example.proxy", "user"}}) {
    work.git({"config", key, value});
  }
  const Config& config = work->config();
  const auto proxy = [&](const char* url) { return config.get_for_url("http", "proxy", url); };
  for (const char* url :
       {"https://hub.example/team/model", "https://hub.example/teams", "https://hub.example",
        "https://HUB.example:443/x", "https://other.example/x", "https://ada@hub.example/x",
        "https://a.b.example/", "http://hub.example/", "https://hub.example:8443/"}) {
    INFO(url);
    CHECK(proxy(url) == work.git({"config", "--get-urlmatch", "http.proxy", url}));
  }
  CHECK(proxy("https://hub.example/team/model") == "path");
  CHECK(proxy("https://other.example/x") == "star");
  CHECK(proxy("ftp://x") == "any");
}

TEST_CASE("header settings of a URL add up and can be cleared", "[repo][config]") {
  test::GitRepo work;
  work.git({"config", "--add", "http.extraHeader", "A: 1"});
  work.git({"config", "--add", "http.https://hub.example.extraHeader", "B: 2"});
  const Config& config = work->config();
  CHECK(config.get_all_for_url("http", "extraHeader", "https://hub.example/x") ==
        std::vector<std::string>{"A: 1", "B: 2"});
  CHECK(config.get_all_for_url("http", "extraHeader", "https://other/") ==
        std::vector<std::string>{"A: 1"});
  work.git({"config", "--add", "http.https://hub.example/clear.extraHeader", ""});
  CHECK(config.get_all_for_url("http", "extraHeader", "https://hub.example/clear/x").empty());
}
