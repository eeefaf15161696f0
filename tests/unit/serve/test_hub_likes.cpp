#include <chrono>

#include "catalog/facts.hpp"
#include "catalog/schema.hpp"
#include "downloads.hpp"
#include "hub_writer.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using namespace test;

json info(const TestHub& hub, const std::string& id) {
  return json::parse(hub.ask("GET", "/api/models/" + id, hub.admin_token()).body);
}

json likers(const TestHub& hub, const std::string& id) {
  json names = json::array();
  for (const json& liker : json::parse(hub.ask("GET", "/api/models/" + id + "/likers").body))
    names.push_back(liker.at("user"));
  return names;
}

TEST_CASE("users like and unlike repositories", "[serve][likes]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  const std::string bob = hub.make_user("bob");
  const std::string reader = hub.make_user("reader", serve::TokenScope::read);
  hub.make_repo("team/a");
  hub.make_repo("team/b");
  hub.make_repo("alice/secret", true);
  const auto like = [&](const std::string& id, const std::string& token) {
    return hub.ask("POST", "/api/models/" + id + "/like", token).status;
  };
  CHECK(like("team/b", alice) == 200);
  CHECK(like("team/b", alice) == 200);
  CHECK(like("team/b", bob) == 200);
  CHECK(like("team/a", bob) == 200);
  CHECK(like("alice/secret", alice) == 200);
  CHECK(like("alice/secret", bob) == 404);
  CHECK(like("team/a", "") == 401);
  CHECK(like("team/a", reader) == 403);

  CHECK(info(hub, "team/b").at("likes") == 2);
  CHECK(likers(hub, "team/b") == json{"alice", "bob"});
  const auto listed = json::parse(hub.ask("GET", "/api/models?sort=likes&limit=2").body);
  CHECK(listed.at(0).at("id") == "team/b");
  CHECK(listed.at(0).at("likes") == 2);
  CHECK(listed.at(1).at("id") == "team/a");

  const auto of = [&](const std::string& user, const std::string& token) {
    return json::parse(hub.ask("GET", "/api/users/" + user + "/likes", token).body);
  };
  CHECK(of("bob", "").size() == 2);
  CHECK(of("bob", "").at(0).at("repo") == json{{"name", "team/a"}, {"type", "model"}});
  // What the asker may not read is not told.
  CHECK(of("alice", bob).size() == 1);
  CHECK(of("ALICE", alice).size() == 2);
  CHECK(hub.ask("GET", "/api/users/nobody/likes").status == 404);

  CHECK(hub.ask("DELETE", "/api/models/team/b/like", alice).status == 200);
  CHECK(hub.ask("DELETE", "/api/models/team/b/like", alice).status == 200);
  CHECK(info(hub, "team/b").at("likes") == 1);
  // A user who goes takes the likes along.
  hub.admin().remove_user("bob");
  CHECK(info(hub, "team/b").at("likes") == 0);
  CHECK(likers(hub, "team/b").empty());
}

TEST_CASE("a caller's downloads of a repository count once", "[serve][likes]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  const auto repo = hub.make_repo("team/a");
  HubWriter writer(hub, repo);
  writer.commit_id(header_line("one") + file_line("a.txt", "a") + file_line("b.txt", "b"));
  const auto get = [&](const std::string& path, const std::string& token) {
    CHECK(hub.ask("GET", path, token).status == 200);
  };
  get("/team/a/resolve/main/a.txt", alice);
  get("/team/a/resolve/main/b.txt", alice);
  get("/api/models/team/a/xet-read-token/main", alice);
  CHECK(hub.ask("HEAD", "/team/a/resolve/main/a.txt").status == 200);
  get("/team/a/raw/main/a.txt", "");
  hub.stop();
  hub.start();
  CHECK(info(hub, "team/a").at("downloads") == 1);
  CHECK(hub.git(hub.folder().path(), {"ls-remote", hub.url() + "/team/a"}).exit_code == 0);
  CHECK(hub.git(hub.folder().path(), {"clone", "-q", hub.url() + "/team/a", "c"}).exit_code == 0);
  get("/team/a/resolve/main/a.txt", alice);
  hub.stop();
  hub.start();
  CHECK(info(hub, "team/a").at("downloads") == 3);
  const auto some = json::parse(hub.ask("GET", "/api/models?sort=downloads&expand=downloads").body);
  CHECK(some.at(0).at("downloads") == 3);
}

TEST_CASE("whoever comes again an hour later counts again", "[serve][likes]") {
  using std::chrono::minutes;
  const TemporaryFolder folder;
  const auto database = serve::open_catalog_database(folder.path() / "catalog.db");
  const auto repo = serve::sqlite_catalog(database)->create_repo(
      *wire::parse_repo_id("team/a", wire::RepoType::model), false, std::nullopt);
  const auto facts = serve::sqlite_facts(database);
  serve::DownloadCounter counter;
  const auto start = std::chrono::steady_clock::now();
  const auto downloads_after = [&](minutes since_start) {
    counter.note(repo.id, "user 1", start + since_start);
    counter.flush(*facts);
    return facts->counts(repo.id).downloads;
  };
  CHECK(downloads_after(minutes(1)) == 1);
  CHECK(downloads_after(minutes(29)) == 1);
  CHECK(downloads_after(minutes(40)) == 1);
  // Neither by going on all the time nor by a long silence is anybody forgotten.
  CHECK(downloads_after(minutes(75)) == 2);
  CHECK(downloads_after(minutes(300)) == 3);
  CHECK(downloads_after(minutes(600)) == 4);
}

}  // namespace
}  // namespace mhub
