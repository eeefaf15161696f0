// Tokens: their forms, their ends, and what they cannot be used for. Which caller gets into which
// route is in test_roles.cpp.

#include <set>

#include "auth.hpp"
#include "test_hub.hpp"

namespace mhub {
namespace {

using test::TestHub;

TEST_CASE("only scope admin takes an administrator into other namespaces", "[serve][access]") {
  TestHub hub;
  hub.make_user("owner");
  hub.make_repo("owner/model");
  const std::string writing =
      hub.admin().create_token("admin", "write", serve::TokenScope::write, std::nullopt);
  const std::string doomed = R"({"type":"model","organization":"owner","name":"model"})";
  const std::string foreign = R"({"type":"model","organization":"owner","name":"more"})";
  const std::string own = R"({"type":"model","name":"own"})";
  CHECK(hub.ask("POST", "/api/repos/create", writing, foreign).status == 403);
  CHECK(hub.ask("DELETE", "/api/repos/delete", writing, doomed).status == 403);
  CHECK(hub.ask("POST", "/api/repos/create", writing, own).status == 200);
  CHECK(hub.ask("POST", "/api/repos/create", hub.admin_token(), foreign).status == 200);

  // A CAS token of the administrator's goes on where the hub token was allowed.
  const auto answer =
      hub.ask("GET", "/api/models/owner/model/xet-write-token/main", hub.admin_token());
  REQUIRE(answer.status == 200);
  CHECK(hub.ask("POST", "/v1/shards", answer.header("x-xet-access-token"), "x").status == 400);
  CHECK(hub.ask("DELETE", "/api/repos/delete", hub.admin_token(), doomed).status == 200);
}

TEST_CASE("a private repository and a missing one look alike", "[serve][access]") {
  TestHub hub;
  hub.make_repo("admin/secret", true);
  const std::string stranger = hub.make_user("stranger");
  for (const std::string& token : {std::string(), stranger}) {
    for (const char* path : {"/info/refs?service=git-upload-pack", ".git/info/lfs/locks"}) {
      const auto hidden = hub.ask("GET", std::string("/admin/secret") + path, token);
      const auto missing = hub.ask("GET", std::string("/admin/nothing") + path, token);
      CHECK(hidden.status == (token.empty() ? 401 : 404));
      CHECK(hidden.status == missing.status);
      CHECK(hidden.header("x-error-code") == missing.header("x-error-code"));
    }
  }
  CHECK(hub.ask("GET", "/admin/secret/info/refs?service=git-upload-pack")
            .header("www-authenticate") == "Basic realm=\"mhub\"");
}

TEST_CASE("tokens are taken in every form that clients send", "[serve][access]") {
  TestHub hub;
  const std::string& token = hub.admin_token();
  const auto basic = [](const std::string& pair) {
    return "Authorization: Basic " + to_base64(as_bytes(pair));
  };
  const auto status = [&](const std::string& header) {
    return hub.ask("GET", "/api/whoami-v2", "", "", {header}).status;
  };
  CHECK(status("Authorization: Bearer " + token) == 200);
  CHECK(status("authorization: bearer " + token) == 200);
  CHECK(status("Authorization: token " + token) == 200);
  CHECK(status(basic("hf_user:" + token)) == 200);
  CHECK(status(basic(token + ":")) == 200);
  CHECK(status(basic(token)) == 200);
  CHECK(status(basic("admin:wrong")) == 401);
  CHECK(status("Authorization: Bearer " + token + "x") == 401);
  CHECK(status("Authorization: Digest " + token) == 401);
  CHECK(status("Authorization: nonsense") == 401);
  CHECK(status("X-Nothing: 1") == 401);
}

TEST_CASE("an expired or revoked token opens nothing, also on public repositories",
          "[serve][access]") {
  TestHub hub;
  hub.make_repo("admin/open");
  hub.admin().create_user("u", false);
  const std::string old =
      hub.admin().create_token("u", "old", serve::TokenScope::read, std::chrono::seconds(-1));
  CHECK(hub.ask("GET", "/api/models/admin/open", old).status == 401);
  const std::string token =
      hub.admin().create_token("u", "new", serve::TokenScope::read, std::nullopt);
  CHECK(hub.ask("GET", "/api/models/admin/open", token).status == 200);
  for (const auto& info : hub.admin().list_tokens("u")) hub.admin().revoke_token(info.id);
  CHECK(hub.ask("GET", "/api/models/admin/open", token).status == 401);
  CHECK(hub.ask("GET", "/api/models/admin/open").status == 200);
}

TEST_CASE("CAS tokens cannot be forged, stretched or turned into others", "[serve][access]") {
  const serve::Signer signer(sha256_of(as_bytes("secret")));
  const serve::Signer other(sha256_of(as_bytes("another secret")));
  const std::string token = signer.cas_token({serve::CasScope::read, 7, 3, 12345});
  const auto grant = signer.read_cas_token(token);
  REQUIRE(grant);
  CHECK(grant->scope == serve::CasScope::read);
  CHECK(grant->repo_id == 7);
  CHECK(grant->token_id == 3);
  CHECK(grant->expires_unix_s == 12345);
  CHECK_FALSE(other.read_cas_token(token));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == '1' ? '2' : '1';
    if (changed != token) CHECK_FALSE(signer.read_cas_token(changed));
    CHECK_FALSE(signer.read_cas_token(token.substr(0, i)));
  }
  CHECK(signer.sign("a", {"1", "23"}) != signer.sign("a", {"12", "3"}));
  CHECK(signer.sign("a", {"1"}) != signer.sign("b", {"1"}));
}

TEST_CASE("new tokens have the form that clients insist on", "[serve][access]") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string token = serve::new_token_text();
    CHECK(token.size() == 43);
    CHECK(token.starts_with("hf_"));
    CHECK(token.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
                                  3) == std::string::npos);
    seen.insert(token);
  }
  CHECK(seen.size() == 100);
}

}  // namespace
}  // namespace mhub
