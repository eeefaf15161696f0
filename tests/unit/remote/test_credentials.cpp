#include <array>
#include <fstream>
#include <thread>

#include <mhub/remote/credentials.hpp>
#include <mhub/remote/token_file.hpp>

#include "support/matchers.hpp"

using namespace mhub;
using namespace mhub::remote;
using mhub::test::TemporaryFolder;

namespace {

net::Url url(std::string_view text) {
  return net::require_url(text);
}

std::string secret_for(CredentialStore& store, std::string_view where) {
  const auto found = store.find(url(where));
  return found ? found->secret : "(none)";
}

void write_script(const std::filesystem::path& path, std::string_view body) {
  std::ofstream(path) << "#!/bin/sh\n" << body;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
}

std::string text_of(const std::filesystem::path& path) {
  return std::string(as_text(read_file(real_file_system(), path, 1 << 20)));
}

/// A helper that logs what it is told and answers what `answer` says.
struct LoggingHelper {
  LoggingHelper(const TemporaryFolder& folder, std::string_view answer)
      : log(folder / "log"), program(folder / "git-credential-test") {
    write_script(program, fmt::format("echo \"action $1\" >> {0}; cat >> {0}\n"
                                      "[ \"$1\" = get ] && printf '{1}'\nexit 0\n",
                                      log.string(), answer));
  }
  std::filesystem::path log;
  std::filesystem::path program;
};

}  // namespace

TEST_CASE("sources are asked in order", "[remote][credentials]") {
  const TemporaryFolder folder;
  Environment environment;
  environment.home = folder.path().string();
  environment.hf_endpoint = "https://hub.example";
  std::ofstream(folder / ".netrc") << "machine hub.example login n password netrc-secret\n";
  const std::string_view where = "https://hub.example/team/model";
  const auto now = [&] {
    CredentialStore store(real_file_system(), environment);
    return secret_for(store, where);
  };
  CHECK(now() == "netrc-secret");
  std::filesystem::create_directories(folder / ".cache/huggingface");
  std::ofstream(folder / ".cache/huggingface/token") << " hf-file-token\n";
  CHECK(now() == "hf-file-token");
  environment.hf_token = "hf-token";
  CHECK(now() == "hf-token");
  TokenFile(real_file_system(), environment.token_file())
      .put({.origin = "https://hub.example", .user = "u", .token = "stored-token"});
  CHECK(now() == "stored-token");
  environment.mhub_token = "mhub-token\n";
  CHECK(now() == "stored-token");
  environment.mhub_endpoint = "https://hub.example/base";
  CHECK(now() == "mhub-token");
  CredentialStore store(real_file_system(), environment);
  store.add_from_url(url(where), "u", "url-secret");
  CHECK(secret_for(store, where) == "url-secret");
}

TEST_CASE("a Hugging Face token that has ended is none", "[remote][credentials]") {
  const TemporaryFolder folder;
  Environment environment;
  environment.hf_home = folder.path().string();
  const auto now = [&] {
    CredentialStore store(real_file_system(), environment);
    return secret_for(store, "https://huggingface.co/a/b");
  };
  std::ofstream(folder / "token") << "hf_active\n";
  CHECK(now() == "hf_active");
  const auto store_token = [&](std::string_view ends) {
    std::ofstream(folder / "stored_tokens")
        << "[other]\nhf_token = hf_other\n\n[mine]\nhf_token = hf_active\nexpires_at = " << ends
        << "\n";
  };
  store_token("1000");
  CHECK(now() == "(none)");
  store_token("99999999999");
  CHECK(now() == "hf_active");
  environment.hf_token_path = (folder / "elsewhere/token").string();
  CHECK(now() == "(none)");
  CHECK(environment.hf_stored_tokens_file() == folder / "elsewhere/stored_tokens");
}

TEST_CASE("a token that is kept back goes to a hub that asks", "[remote][credentials]") {
  Environment environment;
  environment.hf_token = "hf";
  environment.hf_disable_implicit_token = "yes";
  CredentialStore store(real_file_system(), environment);
  const auto hub = url("https://huggingface.co/a/b");
  CHECK_FALSE(store.find(hub));
  const auto asked = store.next(hub, std::nullopt);
  REQUIRE(asked);
  CHECK(asked->secret == "hf");
  CHECK(secret_for(store, "https://huggingface.co/c/d") == "hf");
  CHECK(secret_for(store, "https://other.example/") == "(none)");
}

TEST_CASE("a token is for its own scheme, host and port alone", "[remote][credentials]") {
  Environment environment;
  environment.mhub_token = "t";
  environment.mhub_endpoint = "https://hub.example:8443";
  environment.hf_token = "h";
  CredentialStore store(real_file_system(), environment);
  store.add_from_url(url("https://other.example/x"), "u", "p");
  CHECK(secret_for(store, "https://hub.example:8443/api/x") == "t");
  CHECK(secret_for(store, "https://huggingface.co/a/b") == "h");
  CHECK(secret_for(store, "https://other.example/y") == "p");
  for (const char* where :
       {"http://hub.example:8443/", "https://hub.example/", "https://hub.example.evil:8443/",
        "http://huggingface.co/", "https://huggingface.co:444/", "https://cdn.huggingface.co/",
        "http://other.example/", "https://other.example:444/"}) {
    INFO(where);
    CHECK(secret_for(store, where) == "(none)");
  }
}

TEST_CASE("netrc is for TLS and for this machine", "[remote][credentials]") {
  const TemporaryFolder folder;
  Environment environment;
  environment.home = folder.path().string();
  std::ofstream(folder / ".netrc") << "default login n password p\n";
  CredentialStore store(real_file_system(), environment);
  for (const char* where :
       {"https://hub.example/", "https://hub.example:8443/", "http://localhost:8080/",
        "http://127.0.0.1:8080/", "http://[::1]:8080/"}) {
    INFO(where);
    CHECK(secret_for(store, where) == "p");
  }
  for (const char* where : {"http://hub.example/", "http://127.evil.example/",
                            "http://localhost.example/", "http://10.0.0.1/"}) {
    INFO(where);
    CHECK(secret_for(store, where) == "(none)");
  }
}

TEST_CASE("a refused credential gives way to the next source", "[remote][credentials]") {
  Environment environment;
  environment.mhub_token = "one";
  environment.mhub_endpoint = "http://h";
  environment.hf_token = "two";
  environment.hf_endpoint = "http://h";
  CredentialStore store(real_file_system(), environment);
  const auto first = store.find(url("http://h/"));
  const auto second = store.next(url("http://h/"), first);
  REQUIRE(second);
  CHECK(second->secret == "two");
  CHECK_FALSE(store.next(url("http://h/"), second));
  CHECK(secret_for(store, "http://h/") == "(none)");
}

TEST_CASE("a git credential helper is asked only after a refusal, and told the outcome",
          "[remote][credentials]") {
  const TemporaryFolder folder;
  const LoggingHelper helper(folder, "username=alice\\npassword=from-helper\\n");
  Environment environment;
  environment.path = folder.path().string();
  CredentialStore store(real_file_system(), environment, [&](const std::string&) {
    return HelperSettings{.helpers = {"", "test"}, .username = "", .use_http_path = true};
  });
  const net::Url where = url("https://hub.example:8443/team/model");
  CHECK_FALSE(store.find(where));
  CHECK_FALSE(std::filesystem::exists(helper.log));

  const auto got = store.next(where, std::nullopt);
  REQUIRE(got);
  CHECK(got->user == "alice");
  CHECK(got->secret == "from-helper");
  CHECK(text_of(helper.log) ==
        "action get\nprotocol=https\nhost=hub.example:8443\npath=team/model\n\n");
  CHECK(store.find(where) == got);

  store.approve(where, *got);
  store.approve(where, *got);
  const std::string after_store = text_of(helper.log);
  CHECK_THAT(after_store, Catch::EndsWith("action store\nprotocol=https\nhost=hub.example:8443\n"
                                          "path=team/model\nusername=alice\n"
                                          "password=from-helper\n\n"));
  CHECK(after_store.find("store") == after_store.rfind("store"));

  // Refused now: erased there, and the same answer is not used again.
  CHECK_FALSE(store.next(where, got));
  CHECK(text_of(helper.log).find("action erase") != std::string::npos);
  CHECK_FALSE(store.find(where));
}

TEST_CASE("helpers hear the repository's path, whichever route asks", "[remote][credentials]") {
  const TemporaryFolder folder;
  const LoggingHelper helper(folder, "username=alice\\npassword=from-helper\\n");
  Environment environment;
  environment.path = folder.path().string();
  std::string asked_about;
  CredentialStore store(real_file_system(), environment, [&](const std::string& about) {
    asked_about = about;
    return HelperSettings{.helpers = {"test"}, .username = "", .use_http_path = true};
  });
  const std::string route =
      GENERATE("/info/refs?service=git-upload-pack", "/git-upload-pack", "/git-receive-pack",
               "/info/lfs", "/info/lfs/objects/batch", "");
  REQUIRE(store.next(url("https://hub.example/team/model.git" + route), std::nullopt));
  CHECK(asked_about == "https://hub.example/team/model.git");
  CHECK(text_of(helper.log) ==
        "action get\nprotocol=https\nhost=hub.example\npath=team/model.git\n\n");
}

TEST_CASE("helpers in each of git's forms are run", "[remote][credentials]") {
  const TemporaryFolder folder;
  const LoggingHelper helper(folder, "username=u\\npassword=p\\n");
  const std::string program = helper.program.string();
  const std::array<std::string, 3> forms{"test", "'" + program + "'", "!" + program};
  const std::string& form = forms[GENERATE(0U, 1U, 2U)];
  Environment environment;
  environment.path = "relative:" + folder.path().string();
  CredentialStore store(real_file_system(), environment, [&](const std::string&) {
    return HelperSettings{.helpers = {form}, .username = "", .use_http_path = false};
  });
  INFO(form);
  REQUIRE(store.next(url("http://h/x"), std::nullopt));
}

TEST_CASE("helpers that are missing, fail or babble are passed over", "[remote][credentials]") {
  const TemporaryFolder folder;
  write_script(folder / "git-credential-fails", "exit 3\n");
  write_script(folder / "git-credential-babbles", "while echo babbling; do :; done\n");
  write_script(folder / "git-credential-half", "echo username=x\n");
  write_script(folder / "git-credential-good", "echo username=x; echo password=y\n");
  Environment environment;
  environment.path = folder.path().string();
  CredentialStore store(real_file_system(), environment, [&](const std::string&) {
    return HelperSettings{.helpers = {"missing", "fails", "babbles", "half", "good"},
                          .username = "",
                          .use_http_path = false};
  });
  const auto got = store.next(url("http://h/x"), std::nullopt);
  REQUIRE(got);
  CHECK(got->secret == "y");
}

TEST_CASE("a helper that hangs ends with the command", "[remote][credentials]") {
  const TemporaryFolder folder;
  write_script(folder / "git-credential-hangs", "exec sleep 600\n");
  Environment environment;
  environment.path = folder.path().string();
  CredentialStore store(real_file_system(), environment, [&](const std::string&) {
    return HelperSettings{.helpers = {"hangs"}, .username = "", .use_http_path = false};
  });
  StopToken stop;
  std::thread interrupter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  SECTION("while it looks for credentials") {
    CHECK_THROWS_MATCHES(store.next(url("http://h/x"), std::nullopt, stop), Error,
                         test::HasKind(ErrorKind::interrupted));
  }
  SECTION("while it is told of good ones") {
    const Credential good{.user = "u", .secret = "s", .source = Credential::Source::helper};
    CHECK_THROWS_MATCHES(store.approve(url("http://h/x"), good, stop), Error,
                         test::HasKind(ErrorKind::interrupted));
  }
  interrupter.join();
}

TEST_CASE("a line break in a URL's user cannot reach a helper", "[remote][credentials]") {
  CredentialStore store(real_file_system(), {});
  CHECK_THROWS_MATCHES(store.add_from_url(url("http://h/"), "a\nhost=evil", ""), Error,
                       test::HasKind(ErrorKind::usage));
}
