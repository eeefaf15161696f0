// Organisations, limited tokens and gated repositories, as their people meet them.

#include <map>

#include <nlohmann/json.hpp>

#include "auth.hpp"
#include "catalog/catalog.hpp"
#include "catalog/organisations.hpp"
#include "catalog/schema.hpp"
#include "prepared_file.hpp"
#include "test_hub.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using serve::MemberRole;
using serve::TokenScope;
using test::HasKind;
using test::Prepared;
using test::TestHub;

json body_of(const test::HttpAnswer& answer) {
  INFO(answer.status << " " << answer.body);
  REQUIRE(answer.status == 200);
  return json::parse(answer.body);
}

std::string write_token(const TestHub& hub, const std::string& id, const std::string& token) {
  const auto answer = hub.ask("GET", "/api/models/" + id + "/xet-write-token/main", token);
  REQUIRE(answer.status == 200);
  return answer.header("x-xet-access-token");
}

/// Whether the holder of `cas` would be spared sending the first chunk of `file`.
bool is_told_of(const TestHub& hub, const Prepared& file, const std::string& cas) {
  const auto answer = hub.ask("GET", "/v1/chunks/default/" + file.chunks.front().hash.text(), cas);
  CHECK((answer.status == 200 || answer.status == 404));
  return answer.status == 200;
}

void upload(const TestHub& hub, const Prepared& file, const std::string& id) {
  const std::string cas = write_token(hub, id, hub.admin_token());
  REQUIRE(hub.ask("POST", file.xorb_path(), cas, std::string(as_text(file.xorb))).status == 200);
  REQUIRE(hub.ask("POST", "/v1/shards", cas, file.shard()).status == 200);
}

void gate(const TestHub& hub, const std::string& id, const std::string& mode) {
  const auto answer = hub.ask("PUT", "/api/models/" + id + "/settings", hub.admin_token(),
                              json({{"gated", mode}}).dump());
  CHECK(body_of(answer).at("gated") == mode);
}

TEST_CASE("members keep their roles when a catalog without contributors is upgraded",
          "[serve][people]") {
  const test::TemporaryFolder folder;
  const auto file = folder / "catalog.db";
  // Until then the roles read, write and admin were 0, 1 and 2.
  constexpr int kWithoutContributors = 11;
  serve::make_old_catalog(file, kWithoutContributors);
  REQUIRE(test::query_sql(file, "PRAGMA user_version") == "11");
  test::run_sql(file,
                "INSERT INTO organisations(id, name, name_key, created) VALUES(5, 'o', 'o', 0);"
                "INSERT INTO users(id, name, name_key, is_admin, created) VALUES"
                "(1, 'reader', 'reader', 0, 0), (2, 'writer', 'writer', 0, 0),"
                "(3, 'keeper', 'keeper', 0, 0);"
                "INSERT INTO organisation_members(organisation_id, user_id, role) VALUES"
                "(5, 1, 0), (5, 2, 1), (5, 3, 2)");
  for (int time = 0; time < 2; ++time) {  // an upgrade happens once
    const auto organisations = serve::sqlite_organisations(serve::open_catalog_database(file));
    std::map<std::string, std::string_view> roles;
    for (const auto& member : organisations->members(5, "", 10))
      roles[member.user] = serve::name_of(member.role);
    CHECK(roles == std::map<std::string, std::string_view>{
                       {"keeper", "admin"}, {"reader", "read"}, {"writer", "write"}});
  }
}

TEST_CASE("users and organisations share one space of names", "[serve][people]") {
  TestHub hub;
  serve::Admin& admin = hub.admin();
  admin.create_user("ann", false);
  admin.create_organisation("Acme");
  CHECK_THROWS_MATCHES(admin.create_organisation("acme"), Error, HasKind(ErrorKind::conflict));
  CHECK_THROWS_MATCHES(admin.create_organisation("ANN"), Error, HasKind(ErrorKind::conflict));
  CHECK_THROWS_MATCHES(admin.create_user("acme", false), Error, HasKind(ErrorKind::conflict));
  CHECK_THROWS_MATCHES(admin.create_organisation("api"), Error, HasKind(ErrorKind::usage));
  CHECK_THROWS_MATCHES(admin.create_organisation("a/b"), Error, HasKind(ErrorKind::usage));
  CHECK_THROWS_MATCHES(admin.add_member("none", "ann", MemberRole::read), Error,
                       HasKind(ErrorKind::not_found));
  CHECK_THROWS_MATCHES(admin.add_member("acme", "none", MemberRole::read), Error,
                       HasKind(ErrorKind::not_found));
  CHECK_THROWS_MATCHES(admin.remove_member("acme", "ann"), Error, HasKind(ErrorKind::not_found));
  hub.make_repo("acme/model");
  CHECK_THROWS_MATCHES(admin.remove_organisation("acme"), Error, HasKind(ErrorKind::conflict));
  admin.delete_repo({wire::RepoType::model, "acme", "model"});
  admin.remove_organisation("acme");
  CHECK(admin.list_organisations().empty());
  admin.create_user("acme", false);
}

TEST_CASE("members work in their organisation as far as their role goes", "[serve][people]") {
  TestHub hub;
  const std::string ann = hub.make_user("ann");
  hub.admin().create_organisation("Acme");
  const std::string made = R"({"name":"model","organization":"acme","visibility":"private"})";
  CHECK(hub.ask("POST", "/api/repos/create", ann, made).status == 403);
  hub.admin().add_member("acme", "ann", MemberRole::read);
  CHECK(hub.ask("POST", "/api/repos/create", ann, made).status == 403);
  json who = body_of(hub.ask("GET", "/api/whoami-v2", ann));
  CHECK(who.at("orgs").at(0).at("name") == "Acme");
  CHECK(who.at("orgs").at(0).at("roleInOrg") == "read");
  hub.admin().add_member("acme", "ann", MemberRole::write);
  CHECK(hub.ask("POST", "/api/repos/create", ann, made).status == 200);
  hub.make_repo("ann/own");
  const std::string moved = R"({"fromRepo":"ann/own","toRepo":"acme/own","type":"model"})";
  CHECK(hub.ask("POST", "/api/repos/move", ann, moved).status == 200);
  CHECK(body_of(hub.ask("GET", "/api/models?author=acme", ann)).size() == 2);

  const std::string cas = write_token(hub, "acme/model", ann);
  const std::string empty_file = "/v1/reconstructions/" + std::string(64, '0');
  CHECK(hub.ask("GET", empty_file, cas).status == 200);
  const json overview = body_of(hub.ask("GET", "/api/organizations/acme/overview", ann));
  CHECK(overview.at("numModels") == 2);
  CHECK(overview.at("numUsers") == 1);
  const json members = body_of(hub.ask("GET", "/api/organizations/acme/members", ann));
  CHECK(members.at(0).at("user") == "ann");

  hub.admin().remove_member("acme", "ann");
  CHECK(hub.ask("GET", empty_file, cas).status == 403);
  CHECK(hub.ask("GET", "/api/models/acme/model", ann).status == 404);
  CHECK(body_of(hub.ask("GET", "/api/models?author=acme", ann)).size() == 1);
  CHECK(body_of(hub.ask("GET", "/api/organizations/acme/overview", ann)).at("numModels") == 1);
  CHECK(body_of(hub.ask("GET", "/api/users/ann/overview", ann)).at("orgs").empty());
}

TEST_CASE("contributors change what they made, wherever they contribute", "[serve][people]") {
  TestHub hub;
  const std::string ann = hub.make_user("ann");
  const std::string bob = hub.make_user("bob");
  for (const char* organisation : {"acme", "labs"}) {
    hub.admin().create_organisation(organisation);
    hub.admin().add_member(organisation, "ann", MemberRole::contributor);
  }
  hub.admin().add_member("acme", "bob", MemberRole::contributor);
  hub.make_repo("acme/old");
  const auto create = [&](const std::string& token, const std::string& name) {
    const json wanted = {{"name", name}, {"organization", "acme"}};
    return hub.ask("POST", "/api/repos/create", token, wanted.dump()).status;
  };
  const auto may_write = [&](const std::string& token, const std::string& id) {
    return hub.ask("GET", "/api/models/" + id + "/auth-check/write", token).status == 200;
  };
  CHECK(body_of(hub.ask("GET", "/api/whoami-v2", ann)).at("orgs").at(0).at("roleInOrg") ==
        "contributor");
  CHECK(create(ann, "model") == 200);
  CHECK(may_write(ann, "acme/model"));
  CHECK_FALSE(may_write(bob, "acme/model"));
  CHECK_FALSE(may_write(ann, "acme/old"));
  const auto copied =
      hub.ask("POST", "/api/models/acme/model/duplicate", bob, R"({"repository":"acme/copy"})");
  CHECK(copied.status == 200);
  CHECK(may_write(bob, "acme/copy"));
  CHECK_FALSE(may_write(ann, "acme/copy"));

  const auto move = [&](const std::string& token, const char* from, const char* to) {
    const json wanted = {{"fromRepo", from}, {"toRepo", to}, {"type", "model"}};
    return hub.ask("POST", "/api/repos/move", token, wanted.dump()).status;
  };
  CHECK(move(ann, "acme/old", "labs/old") == 403);
  CHECK(move(bob, "acme/copy", "labs/copy") == 403);
  CHECK(move(ann, "acme/model", "labs/model") == 200);
  CHECK(may_write(ann, "labs/model"));
  // To have made it is worth nothing where one contributes no more.
  hub.admin().add_member("labs", "ann", MemberRole::read);
  CHECK_FALSE(may_write(ann, "labs/model"));
  hub.admin().remove_member("acme", "bob");
  CHECK_FALSE(may_write(bob, "acme/copy"));
  hub.admin().remove_user("bob");
  CHECK(may_write(hub.admin_token(), "acme/copy"));
}

TEST_CASE("a namespace's repositories are listed with what they weigh", "[serve][people]") {
  TestHub hub;
  const std::string ann = hub.make_user("ann");
  hub.admin().create_organisation("Acme");
  hub.admin().add_member("acme", "ann", MemberRole::read);
  const std::string own = "/api/settings/repositories";
  const std::string theirs = "/api/organizations/acme/settings/repositories";
  CHECK(body_of(hub.ask("GET", own, ann)).empty());
  hub.make_repo("acme/empty");
  hub.make_repo("acme/words", true, wire::RepoType::dataset);
  hub.make_repo("acme/model", true);
  upload(hub, Prepared(test::noise_bytes(300000)), "acme/model");
  const auto entry = [](const json& repo) {
    CHECK(repo.at("updatedAt").get<std::string>().ends_with("Z"));
    return std::tuple(repo.at("id").get<std::string>(), repo.at("type").get<std::string>(),
                      repo.at("visibility").get<std::string>(),
                      repo.at("storage").get<std::uint64_t>(),
                      repo.at("storagePercent").get<double>());
  };
  using Entry = decltype(entry(json()));
  std::vector<Entry> entries;
  std::string path = theirs + "?limit=2";
  int pages = 0;
  while (!path.empty()) {
    const auto answer = hub.ask("GET", path, ann);
    for (const json& repo : body_of(answer)) entries.push_back(entry(repo));
    const std::string link = answer.header("link");
    path = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    ++pages;
  }
  CHECK(pages == 2);
  CHECK(entries == std::vector<Entry>{{"acme/empty", "model", "public", 0, 0},
                                      {"acme/words", "dataset", "private", 0, 0},
                                      {"acme/model", "model", "private", 300000, 100}});
  CHECK(body_of(hub.ask("GET", own, ann)).empty());
  hub.make_repo("ann/own", true);
  CHECK(body_of(hub.ask("GET", own, ann)).at(0).at("id") == "ann/own");
  // A limited token lists what it may see.
  const std::string narrow =
      hub.admin().create_limited_token("ann", "", {{"datasets/acme/words", false}}, std::nullopt);
  const std::string elsewhere =
      hub.admin().create_limited_token("ann", "", {{"ann/own", false}}, std::nullopt);
  CHECK(hub.ask("GET", theirs, elsewhere).body.find("acme/model") == std::string::npos);
  CHECK(body_of(hub.ask("GET", own, elsewhere)).size() == 1);
  CHECK(body_of(hub.ask("GET", own, narrow)).empty());
  CHECK(hub.ask("GET", theirs, hub.make_user("bob")).status == 403);
  CHECK(hub.ask("GET", theirs).status == 401);
  CHECK(hub.ask("GET", "/api/organizations/none/settings/repositories", ann).status == 404);
}

TEST_CASE("members of an organisation come in pages", "[serve][people]") {
  TestHub hub;
  hub.admin().create_organisation("acme");
  for (const char* name : {"Zoe", "ann", "Bob"}) {
    hub.admin().create_user(name, false);
    hub.admin().add_member("acme", name, MemberRole::read);
  }
  std::vector<std::string> names;
  std::string path = "/api/organizations/acme/members?limit=2";
  while (!path.empty()) {
    const auto answer = hub.ask("GET", path, hub.admin_token());
    for (const json& member : body_of(answer)) names.push_back(member.at("user"));
    const std::string link = answer.header("link");
    path = link.empty() ? "" : link.substr(1, link.find('>') - 1);
  }
  CHECK(names == std::vector<std::string>{"ann", "Bob", "Zoe"});
  CHECK(hub.ask("GET", "/api/organizations/none/members", hub.admin_token()).status == 404);
  CHECK(hub.ask("GET", "/api/users/acme/overview", hub.admin_token()).status == 404);
}

TEST_CASE("deduplication goes as far as a member's sight", "[serve][people]") {
  TestHub hub;
  const std::string ann = hub.make_user("ann");
  hub.admin().create_organisation("acme");
  hub.make_repo("acme/secret", true);
  hub.make_repo("ann/own", true);
  const Prepared file(test::noise_bytes(300000));
  upload(hub, file, "acme/secret");
  CHECK_FALSE(is_told_of(hub, file, write_token(hub, "ann/own", ann)));
  hub.admin().add_member("acme", "ann", MemberRole::read);
  CHECK(is_told_of(hub, file, write_token(hub, "ann/own", ann)));

  const std::string narrow =
      hub.admin().create_limited_token("ann", "", {{"ann/own", true}}, std::nullopt);
  CHECK_FALSE(is_told_of(hub, file, write_token(hub, "ann/own", narrow)));
  const std::string wide = hub.admin().create_limited_token(
      "ann", "", {{"ann/own", true}, {"acme", false}}, std::nullopt);
  CHECK(is_told_of(hub, file, write_token(hub, "ann/own", wide)));
}

TEST_CASE("a limited token stays with its repository, and ends with it", "[serve][people]") {
  TestHub hub;
  hub.make_user("ann");
  hub.make_repo("ann/one", true);
  hub.make_repo("ann/two", true);
  const std::string token =
      hub.admin().create_limited_token("ann", "ci", {{"ann/one", true}}, std::nullopt);
  CHECK(body_of(hub.ask("GET", "/api/whoami-v2", token)).at("auth").at("accessToken").at("role") ==
        "fineGrained");
  CHECK(hub.ask("GET", "/api/models/ann/one", token).status == 200);
  CHECK(hub.ask("GET", "/api/models/ann/two", token).status == 404);
  CHECK(body_of(hub.ask("GET", "/api/models", token)).size() == 1);
  CHECK(hub.ask("POST", "/api/repos/create", token, R"({"name":"three"})").status == 403);

  const std::string admin = hub.admin_token();
  const auto rename = [&](const char* from, const char* to) {
    return hub
        .ask("POST", "/api/repos/move", admin,
             json({{"fromRepo", from}, {"toRepo", to}, {"type", "model"}}).dump())
        .status;
  };
  CHECK(rename("ann/one", "ann/first") == 200);
  CHECK(rename("ann/two", "ann/one") == 200);
  CHECK(hub.ask("GET", "/api/models/ann/first", token).status == 200);
  CHECK(hub.ask("GET", "/api/models/ann/one", token).status == 404);

  const std::string cas = write_token(hub, "ann/first", token);
  hub.admin().delete_repo({wire::RepoType::model, "ann", "first"});
  hub.make_repo("ann/first", true);
  CHECK(hub.ask("GET", "/api/models/ann/first", token).status == 404);
  CHECK(body_of(hub.ask("GET", "/api/models", token)).empty());
  const auto tokens = hub.admin().list_tokens("ann");
  CHECK(tokens.back().is_limited);
  CHECK(tokens.back().places.empty());
  CHECK(hub.ask("GET", "/v1/reconstructions/" + std::string(64, '0'), cas).status == 403);

  CHECK_THROWS_MATCHES(
      hub.admin().create_limited_token("ann", "", {{"ann/none", false}}, std::nullopt), Error,
      HasKind(ErrorKind::not_found));
  CHECK_THROWS_MATCHES(
      hub.admin().create_limited_token("ann", "", {{"nobody", false}}, std::nullopt), Error,
      HasKind(ErrorKind::not_found));
  CHECK_THROWS_MATCHES(hub.admin().create_limited_token("ann", "", {}, std::nullopt), Error,
                       HasKind(ErrorKind::usage));
}

TEST_CASE("a CAS token ends with the hub token that it was asked for with", "[serve][people]") {
  TestHub hub;
  const std::string ann = hub.make_user("ann");
  hub.make_repo("ann/model", true);
  const std::string cas = write_token(hub, "ann/model", ann);
  const std::string empty_file = "/v1/reconstructions/" + std::string(64, '0');
  CHECK(hub.ask("GET", empty_file, cas).status == 200);
  hub.admin().revoke_token(hub.admin().list_tokens("ann").front().id);
  CHECK(hub.ask("GET", empty_file, cas).status == 401);
}

TEST_CASE("asking opens a repository at once, or when its owner says so", "[serve][people]") {
  TestHub hub;
  hub.make_user("ann");
  const std::string ann = hub.admin().create_token("ann", "owner", TokenScope::write, std::nullopt);
  const std::string bob = hub.make_user("bob");
  hub.make_repo("ann/model");
  const std::string api = "/api/models/ann/model";
  const std::string requests = api + "/user-access-request/";
  const auto may_have = [&](const std::string& token) {
    return hub.ask("GET", api + "/auth-check", token).status == 200;
  };
  const auto ask = [&] { return hub.ask("POST", "/ann/model/ask-access", bob, "").status; };
  const auto listed = [&](const std::string& status) {
    return body_of(hub.ask("GET", requests + status, ann));
  };
  const auto decide = [&](const char* route, const json& body) {
    return hub.ask("POST", requests + route, ann, body.dump()).status;
  };
  CHECK(ask() == 400);
  CHECK(may_have(bob));

  gate(hub, "ann/model", "manual");
  CHECK(body_of(hub.ask("GET", api)).at("gated") == "manual");
  CHECK(body_of(hub.ask("GET", "/api/models")).at(0).at("gated") == "manual");
  CHECK(body_of(hub.ask("GET", "/api/models?gated=true")).size() == 1);
  CHECK(body_of(hub.ask("GET", "/api/models?gated=false")).empty());
  CHECK_FALSE(may_have(bob));
  CHECK(may_have(ann));
  CHECK(decide("handle", {{"user", "bob"}, {"status", "accepted"}}) == 404);
  CHECK(ask() == 303);
  CHECK_FALSE(may_have(bob));
  const json pending = listed("pending");
  REQUIRE(pending.size() == 1);
  CHECK(pending[0].at("user").at("user") == "bob");
  CHECK(pending[0].at("user").at("fullname") == "bob");
  CHECK(pending[0].at("status") == "pending");
  CHECK(pending[0].at("timestamp").get<std::string>().ends_with("Z"));
  CHECK(decide("handle", {{"user", "bob"}, {"status", "accepted"}}) == 200);
  CHECK(decide("handle", {{"user", "bob"}, {"status", "accepted"}}) == 404);
  CHECK(may_have(bob));
  CHECK(listed("accepted").size() == 1);
  CHECK(decide("handle", {{"user", "bob"}, {"status", "rejected"}}) == 200);
  CHECK_FALSE(may_have(bob));
  // Neither asking again nor taking the request back undoes a refusal.
  gate(hub, "ann/model", "auto");
  CHECK(hub.ask("POST", requests + "cancel", bob, "{}").status == 404);
  CHECK(ask() == 303);
  CHECK_FALSE(may_have(bob));
  CHECK(decide("grant", {{"user", "bob"}}) == 200);
  CHECK(decide("grant", {{"user", "bob"}}) == 400);
  CHECK(may_have(bob));
  CHECK(hub.ask("POST", requests + "cancel", bob, "{}").status == 200);
  CHECK_FALSE(may_have(bob));
  CHECK(ask() == 303);
  CHECK(may_have(bob));
  for (const json& bad :
       {json({{"user", "bob"}, {"status", "maybe"}}), json({{"status", "accepted"}})})
    CHECK(decide("handle", bad) == 400);
  CHECK(decide("handle", {{"user", "none"}, {"status", "accepted"}}) == 404);
  CHECK(hub.ask("GET", requests + "lost", ann).status == 404);
}

TEST_CASE("many are decided about at once, and a report tells of all", "[serve][people]") {
  TestHub hub;
  std::map<std::string, std::string> tokens;
  for (const char* name : {"ann", "bob", "cid", "dan"}) tokens[name] = hub.make_user(name);
  hub.make_repo("ann/model");
  const std::string api = "/api/models/ann/model";
  const auto batch = [&](const std::string& status, const json& people) {
    return hub.ask("POST", api + "/user-access-request/batch", tokens["ann"],
                   json({{"status", status}, {"requests", people}}).dump());
  };
  const auto may_have = [&](const std::string& name) {
    return hub.ask("GET", api + "/auth-check", tokens[name]).status == 200;
  };
  const json bob = {{"user", "bob"}};
  CHECK(batch("accepted", json::array({bob})).status == 400);
  gate(hub, "ann/model", "manual");
  for (const char* name : {"bob", "cid"})
    CHECK(hub.ask("POST", "/ann/model/ask-access", tokens[name], "").status == 303);
  const json cid = body_of(hub.ask("GET", "/api/users/cid/overview", tokens["ann"])).at("_id");
  const json people =
      json::array({{{"user", "nobody"}}, bob, {{"user", "dan"}}, {{"userId", cid}}});
  const json wanted = json::array({{{"user", "nobody"}, {"ok", false}, {"error", "user_not_found"}},
                                   {{"user", "bob"}, {"ok", true}},
                                   {{"user", "dan"}, {"ok", false}, {"error", "request_not_found"}},
                                   {{"userId", cid}, {"ok", true}}});
  CHECK(body_of(batch("accepted", people)) == wanted);
  CHECK(body_of(batch("accepted", people)) == wanted);
  CHECK(may_have("bob"));
  CHECK(may_have("cid"));
  CHECK_FALSE(may_have("dan"));
  CHECK(body_of(batch("rejected", json::array({{{"userId", cid}}}))).at(0).at("ok") == true);
  CHECK_FALSE(may_have("cid"));
  CHECK(batch("maybe", json::array({bob})).status == 400);
  CHECK(batch("accepted", json::array()).status == 400);

  const auto file = hub.ask("GET", "/ann/model/user-access-report", tokens["ann"]);
  CHECK(file.header("content-disposition") ==
        "attachment; filename=user-access-report-ann-model.json");
  const json report = body_of(file);
  REQUIRE(report.size() == 2);
  CHECK(report[0].at("user") == "bob");
  CHECK(report[0].at("status") == "accepted");
  CHECK(report[0].at("time").get<std::string>().ends_with("Z"));
  CHECK(report[1].at("user") == "cid");
  CHECK(report[1].at("status") == "rejected");
  const auto lines =
      hub.ask("GET", "/ann/model/user-access-report", tokens["ann"], "", {"Accept: text/csv"});
  CHECK(lines.status == 200);
  CHECK(lines.header("content-type") == "text/csv; charset=utf-8");
  CHECK(lines.body.starts_with("user,fullname,status,time\r\nbob,bob,accepted,"));
  CHECK(hub.ask("GET", "/ann/model/user-access-report", tokens["bob"]).status == 403);
}

TEST_CASE("a refusal of gated content says so on every face", "[serve][people]") {
  TestHub hub;
  const std::string bob = hub.make_user("bob");
  hub.make_repo("admin/model");
  gate(hub, "admin/model", "manual");
  for (const char* path :
       {"/admin/model/resolve/main/.gitattributes", "/admin/model/raw/main/.gitattributes",
        "/admin/model.git/info/refs?service=git-upload-pack",
        "/api/models/admin/model/xet-read-token/main"}) {
    const auto stranger = hub.ask("GET", path);
    CHECK(stranger.status == 401);
    CHECK(stranger.header("x-error-code") == "GatedRepo");
    const auto known = hub.ask("HEAD", path, bob);
    CHECK(known.status == 403);
    CHECK(known.header("x-error-code") == "GatedRepo");
    CHECK(
        known.header("x-error-message").starts_with("Access to model admin/model is restricted."));
  }
  const auto work = hub.folder() / "clone";
  CHECK(
      hub.git(hub.folder().path(), {"clone", "-q", hub.git_url("admin/model", bob), work.string()})
          .exit_code != 0);
  // What one may see is cached by nobody for others.
  const auto owner = hub.ask("GET", "/admin/model/resolve/main/.gitattributes", hub.admin_token());
  if (owner.status == 200) CHECK(owner.header("cache-control").starts_with("private"));
}

TEST_CASE("deduplication tells nobody of gated content who was not let in", "[serve][people]") {
  TestHub hub;
  const std::string bob = hub.make_user("bob");
  hub.make_repo("admin/model");
  hub.make_repo("bob/own", true);
  const Prepared file(test::noise_bytes(300000));
  upload(hub, file, "admin/model");
  const json object = {{"oid", file.file.sha256->hex()}, {"size", file.content.size()}};
  const auto is_spared_upload = [&] {
    const json wanted = {{"operation", "upload"}, {"objects", {object}}};
    const json answer =
        body_of(hub.ask("POST", "/bob/own.git/info/lfs/objects/batch", bob, wanted.dump()));
    return !answer.at("objects").at(0).contains("actions");
  };
  gate(hub, "admin/model", "manual");
  CHECK_FALSE(is_told_of(hub, file, write_token(hub, "bob/own", bob)));
  CHECK(hub.ask("HEAD", file.xorb_path(), write_token(hub, "bob/own", bob)).status == 404);
  CHECK(hub.ask("POST", "/v1/shards", write_token(hub, "bob/own", bob), file.shard(false)).status ==
        400);
  CHECK_FALSE(is_spared_upload());
  REQUIRE(hub.ask("POST", "/api/models/admin/model/user-access-request/grant", hub.admin_token(),
                  R"({"user":"bob"})")
              .status == 200);
  CHECK(is_told_of(hub, file, write_token(hub, "bob/own", bob)));
  CHECK(is_spared_upload());
}

TEST_CASE("a copy of a gated repository is gated too", "[serve][people]") {
  TestHub hub;
  const std::string bob = hub.make_user("bob");
  hub.make_repo("admin/model");
  gate(hub, "admin/model", "manual");
  REQUIRE(hub.ask("POST", "/api/models/admin/model/user-access-request/grant", hub.admin_token(),
                  R"({"user":"bob"})")
              .status == 200);
  CHECK(hub.ask("POST", "/api/models/admin/model/duplicate", bob, R"({"repository":"bob/copy"})")
            .status == 200);
  CHECK(hub.ask("GET", "/api/models/bob/copy/auth-check", bob).status == 200);
  CHECK(hub.ask("GET", "/api/models/bob/copy/auth-check").status == 401);
}

}  // namespace
}  // namespace mhub
