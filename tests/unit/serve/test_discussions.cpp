// Discussions and pull requests: what is said, who may say it, and what happens to git meanwhile.

#include <thread>

#include "catalog/discussions.hpp"
#include "hub_writer.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using test::file_line;
using test::header_line;
using test::HubWriter;
using test::large_line;
using test::TestHub;
using Paths = std::vector<std::string>;

/// A hub with a repository of ann's, and bob who may read it.
struct World {
  explicit World(bool is_private = false)
      : ann(hub.make_user("ann")), bob(hub.make_user("bob")), repo(make_repo(is_private)) {
    first = repo.commit_id(header_line("first") + file_line("a", "1\n2\n3\n4\n5\n"));
  }

  test::HttpAnswer post(const std::string& path, const std::string& token, const json& body) const {
    return hub.ask("POST", repo.api() + "/discussions" + path, token,
                   body.is_null() ? std::string() : body.dump());
  }
  json good(const test::HttpAnswer& answer) const {
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return json::parse(answer.body);
  }
  long status(const std::string& path, const std::string& token, const json& body) const {
    return post(path, token, body).status;
  }
  json details(int number, const std::string& token = {}) const {
    return good(
        hub.ask("GET", repo.api() + "/discussions/" + std::to_string(number) + "?diff=1", token));
  }
  json list(const std::string& query = "", const std::string& token = {}) const {
    return good(hub.ask("GET", repo.api() + "/discussions" + query, token));
  }
  int make(const std::string& token, const std::string& title, bool is_pull_request = false) const {
    return good(post("", token,
                     {{"title", title}, {"description", "d"}, {"pullRequest", is_pull_request}}))
        .at("num");
  }
  test::HttpAnswer commit(const std::string& token, const std::string& revision,
                          const std::string& lines) const {
    return hub.ask("POST", repo.api() + "/commit/" + revision, token, lines,
                   {"Content-Type: application/x-ndjson"});
  }
  static std::string kinds(const json& answer) {
    std::string kinds;
    for (const json& event : answer.at("events")) kinds += event.at("type").get<std::string>()[0];
    return kinds;
  }

  TestHub hub;
  std::string ann;
  std::string bob;
  HubWriter repo;
  std::string first;

private:
  HubWriter make_repo(bool is_private) {
    return HubWriter(hub, hub.make_repo("ann/model", is_private));
  }
};

TEST_CASE("a discussion is opened, answered, edited, hidden, renamed and closed",
          "[serve][discussions]") {
  World w;
  const json made = w.good(w.post("", w.bob, {{"title", "Why?"}, {"description", "# Because"}}));
  CHECK(made.at("num") == 1);
  CHECK(made.at("url") == w.hub.url() + "/ann/model/discussions/1");
  json now = w.details(1);
  CHECK(now.at("title") == "Why?");
  CHECK(now.at("status") == "open");
  CHECK(now.at("isPullRequest") == false);
  CHECK(now.at("author").at("name") == "bob");
  CHECK(now.at("repo") == json({{"name", "ann/model"}, {"type", "model"}}));
  CHECK_FALSE(now.contains("changes"));
  REQUIRE(World::kinds(now) == "c");
  CHECK(now.at("events")[0].at("data").at("latest").at("raw") == "# Because");

  const json said = w.good(w.post("/1/comment", w.ann, {{"comment", "<b>no</b>"}}));
  const std::string id = said.at("newMessage").at("id");
  CHECK(said.at("newMessage").at("author").at("name") == "ann");
  const json edited = w.good(w.post("/1/comment/" + id + "/edit", w.ann, {{"content", "yes"}}))
                          .at("updatedComment");
  CHECK(edited.at("data").at("edited") == true);
  CHECK(edited.at("data").at("latest").at("raw") == "yes");
  const json again = w.good(w.post("/1/comment/" + id + "/edit", w.ann, {{"content", "well"}}))
                         .at("updatedComment")
                         .at("data");
  CHECK(again.at("numEdits") == 2);
  REQUIRE(again.at("history").size() == 2);
  CHECK(again.at("history")[0].at("raw") == "<b>no</b>");
  CHECK(again.at("history")[0].at("author").at("name") == "ann");
  CHECK(again.at("history")[0].at("updatedAt") == said.at("newMessage").at("createdAt"));
  CHECK(again.at("history")[1].at("raw") == "yes");
  now = w.details(1);
  CHECK(now.at("events")[0].at("data").at("history").empty());
  CHECK(now.at("events")[1].at("data").at("history") == again.at("history"));
  const json hidden =
      w.good(w.post("/1/comment/" + id + "/hide", w.ann, nullptr)).at("updatedComment");
  CHECK(hidden.at("data").at("hidden") == true);
  CHECK(hidden.at("data").at("latest").at("raw") == "");
  CHECK(w.status("/1/comment/" + id + "/edit", w.ann, {{"content", "again"}}) == 409);
  CHECK(hidden.at("data").at("history").empty());
  for (const char* gone : {"yes", "well", "no&lt;"})
    CHECK(w.details(1).dump().find(gone) == std::string::npos);

  const json renamed = w.good(w.post("/1/title", w.bob, {{"title", "Why not?"}})).at("newTitle");
  CHECK(renamed.at("data") == json({{"from", "Why?"}, {"to", "Why not?"}}));
  const json closed =
      w.good(w.post("/1/status", w.bob, {{"status", "closed"}, {"comment", "bye"}}));
  CHECK(closed.at("newStatus").at("data").at("status") == "closed");
  CHECK(w.status("/1/status", w.bob, {{"status", "closed"}}) == 409);
  CHECK(w.status("/1/merge", w.ann, nullptr) == 400);
  now = w.details(1);
  CHECK(now.at("title") == "Why not?");
  CHECK(now.at("status") == "closed");
  CHECK(World::kinds(now) == "cctcs");
  w.good(w.post("/1/status", w.ann, {{"status", "open"}}));
  CHECK(w.details(1).at("status") == "open");

  for (const char* path : {"/2", "/0", "/x", "/1x", "/-1", "/99999999999999999999"})
    CHECK(w.hub.ask("GET", w.repo.api() + "/discussions" + path).status == 404);
  for (const char* other : {"zz", "999", "ffffffffffffffffffffffff"})
    CHECK(w.status(std::string("/1/comment/") + other + "/edit", w.ann, {{"content", "x"}}) == 404);
  const std::string renaming = renamed.at("id");
  CHECK(w.status("/1/comment/" + renaming + "/edit", w.ann, {{"content", "x"}}) == 409);
  CHECK(w.status("/1/comment/" + renaming + "/hide", w.ann, nullptr) == 409);
  // An event of one discussion is none of another's.
  const int second = w.make(w.bob, "Other");
  CHECK(w.status("/" + std::to_string(second) + "/comment/" + id + "/edit", w.ann,
                 {{"content", "x"}}) == 404);
}

TEST_CASE("who may read may discuss, and authors and writers may change", "[serve][discussions]") {
  World w;
  const std::string eve = w.hub.make_user("eve");
  const std::string reading =
      w.hub.admin().create_token("bob", "r", serve::TokenScope::read, std::nullopt);
  const json words = {{"title", "t"}, {"comment", "c"}, {"content", "c"}, {"status", "closed"}};
  const int number = w.make(w.bob, "Bob's");
  const std::string id = w.details(number).at("events")[0].at("id");
  const std::string at = "/" + std::to_string(number);
  for (const std::string& path :
       {std::string(), at + "/comment", at + "/comment/" + id + "/edit",
        at + "/comment/" + id + "/hide", at + "/title", at + "/status", at + "/merge"}) {
    INFO(path);
    CHECK(w.status(path, "", words) == 401);
    CHECK(w.status(path, reading, words) == 403);
    if (!path.empty() && !path.ends_with("/comment")) CHECK(w.status(path, eve, words) == 403);
  }
  CHECK(World::kinds(w.details(number)) == "c");
  CHECK(w.status(at + "/comment", eve, words) == 200);
  CHECK(w.status(at + "/title", w.ann, words) == 200);
  CHECK(w.status(at + "/comment/" + id + "/edit", w.ann, words) == 200);
  CHECK(w.details(number).at("events")[0].at("data").at("latest").at("author").at("name") == "ann");
  CHECK(w.status(at + "/status", w.bob, words) == 200);

  World closed(true);
  const int mine = closed.make(closed.ann, "Mine");
  const std::string mine_at = "/" + std::to_string(mine);
  CHECK(closed.status(mine_at + "/comment", closed.bob, words) == 404);
  CHECK(closed.hub.ask("GET", closed.repo.api() + "/discussions", closed.bob).status == 404);
  CHECK(closed.hub.ask("GET", closed.repo.api() + "/discussions" + mine_at).status == 401);
  CHECK(closed.details(mine, closed.ann).at("num") == mine);
}

TEST_CASE("discussions are listed by page, kind, status and author", "[serve][discussions]") {
  World w;
  CHECK(w.list() == json({{"discussions", json::array()}, {"count", 0}, {"start", 0}}));
  for (int i = 1; i <= 51; ++i) CHECK(w.make(i % 2 == 0 ? w.ann : w.bob, "t", i == 7) == i);
  w.good(w.post("/3/status", w.ann, {{"status", "closed"}}));
  const json page = w.list("?p=0");
  CHECK(page.at("count") == 51);
  CHECK(page.at("discussions").size() == 50);
  CHECK(page.at("discussions")[0].at("num") == 51);
  const json last = w.list("?p=1");
  CHECK(last.at("start") == 50);
  CHECK(last.at("discussions").size() == 1);
  CHECK(w.list("?p=9").at("discussions").empty());
  CHECK(w.list("?type=pull_request").at("discussions")[0].at("num") == 7);
  CHECK(w.list("?type=pull_request").at("count") == 1);
  CHECK(w.list("?type=discussion").at("count") == 50);
  CHECK(w.list("?status=closed").at("discussions")[0].at("num") == 3);
  CHECK(w.list("?status=open&type=all").at("count") == 50);
  CHECK(w.list("?author=ANN").at("count") == 25);
  CHECK(w.list("?author=nobody").at("count") == 0);
  CHECK(w.hub.ask("GET", w.repo.api() + "/discussions?status=x").status == 400);

  // A user who is gone leaves words without a name; another repository counts for itself.
  w.hub.admin().remove_user("bob");
  CHECK_FALSE(w.details(51).contains("author"));
  CHECK(w.list().at("count") == 51);
  w.hub.make_repo("ann/other");
  CHECK(w.good(w.hub.ask("POST", "/api/models/ann/other/discussions", w.ann, R"({"title":"t"})"))
            .at("num") == 1);
}

TEST_CASE("bounds are kept", "[serve][discussions]") {
  World w;
  const int number = w.make(w.ann, "t");
  const std::string at = "/" + std::to_string(number);
  CHECK(w.status(at + "/comment", w.ann, {{"comment", std::string(65537, 'x')}}) == 400);
  CHECK(w.status("", w.ann, {{"title", std::string(1001, 'x')}}) == 400);
  CHECK(w.status("", w.ann, {{"title", " "}}) == 400);
  const std::string text(65536, 'x');
  long status = 200;
  int comments = 0;
  for (; status == 200 && comments < 100; ++comments)
    status = w.status(at + "/comment", w.ann, {{"comment", text}});
  CHECK(status == 409);
  CHECK(comments == serve::kTextBytesPerDiscussion / 65536);
  CHECK(w.details(number).at("events").size() == static_cast<std::size_t>(comments));
  CHECK(w.status(at + "/title", w.ann, {{"title", "Full"}}) == 200);
  // Neither an edit makes room for more, nor does a status go without its event.
  const std::string small = w.details(number).at("events")[0].at("id");
  CHECK(w.status(at + "/comment/" + small + "/edit", w.ann, {{"content", text}}) == 409);
  CHECK(w.status(at + "/status", w.ann, {{"status", "closed"}, {"comment", text}}) == 409);
  CHECK(w.details(number).at("status") == "open");
  // What is hidden gives its room back.
  const std::string large = w.details(number).at("events")[1].at("id");
  CHECK(w.status(at + "/comment/" + large + "/hide", w.ann, nullptr) == 200);
  CHECK(w.status(at + "/comment", w.ann, {{"comment", text}}) == 200);
}

TEST_CASE("what a comment said before takes up room until it is hidden", "[serve][discussions]") {
  World w;
  const int number = w.make(w.ann, "t");
  const std::string at = "/" + std::to_string(number);
  const std::string text(65536, 'x');
  const auto said = w.good(w.post(at + "/comment", w.ann, {{"comment", text}}));
  const std::string edit =
      at + "/comment/" + said.at("newMessage").at("id").get<std::string>() + "/edit";
  long status = 200;
  int edits = 0;
  for (; status == 200 && edits < 100; ++edits) status = w.status(edit, w.ann, {{"content", text}});
  CHECK(status == 409);
  CHECK(edits <= serve::kTextBytesPerDiscussion / 65536);
  CHECK(w.status(at + "/comment", w.ann, {{"comment", text}}) == 409);
  const std::string hide = edit.substr(0, edit.rfind('/')) + "/hide";
  CHECK(w.status(hide, w.ann, nullptr) == 200);
  CHECK(w.status(at + "/comment", w.ann, {{"comment", text}}) == 200);
}

TEST_CASE("a discussion that is full can be closed, and stays so", "[serve][discussions]") {
  World w;
  const int number = w.make(w.ann, "t");
  const std::string at = "/" + std::to_string(number);
  test::run_sql(w.hub.folder() / "data/catalog.db",
                "UPDATE discussions SET events=" + std::to_string(serve::kEventsPerDiscussion));
  CHECK(w.status(at + "/comment", w.ann, {{"comment", "more"}}) == 409);
  CHECK(w.status(at + "/status", w.ann, {{"status", "closed"}}) == 200);
  CHECK(w.status(at + "/status", w.ann, {{"status", "open"}}) == 409);
  CHECK(w.details(number).at("status") == "closed");
}

TEST_CASE("what has moved stays known when a discussion cannot be written",
          "[serve][discussions]") {
  World w;
  const auto catalog = w.hub.folder() / "data/catalog.db";
  REQUIRE(w.make(w.ann, "Change", true) == 1);
  test::run_sql(catalog,
                "CREATE TRIGGER no_head BEFORE UPDATE OF head ON discussions BEGIN "
                "SELECT RAISE(ABORT, 'not now'); END");
  // The commit stands: were it refused, a second try would make another.
  CHECK(w.commit(w.ann, "refs%2Fpr%2F1", header_line("Add b") + file_line("b", "new\n")).status ==
        200);
  const std::string head = w.repo.tip_id("refs/pr/1");
  CHECK(head != w.first);
  test::run_sql(catalog, "DROP TRIGGER no_head");
  CHECK(World::kinds(w.details(1)) == "cc");

  w.good(w.post("/1/status", w.ann, {{"status", "open"}}));
  test::run_sql(catalog,
                "CREATE TRIGGER no_merge BEFORE UPDATE OF merged ON discussions BEGIN "
                "SELECT RAISE(ABORT, 'not now'); END");
  CHECK(w.status("/1/merge", w.ann, nullptr) >= 409);
  CHECK(w.repo.tip_id() == head);
  // Lists show what the branch has become.
  const auto listed = w.good(w.hub.ask("GET", "/api/models?author=ann&expand=sha"));
  CHECK(listed.at(0).at("sha") == head);
  test::run_sql(catalog, "DROP TRIGGER no_merge");
  w.good(w.post("/1/merge", w.ann, nullptr));
  CHECK(w.details(1).at("status") == "merged");
}

TEST_CASE("a pull request's diff says what it leaves out", "[serve][discussions]") {
  World w;
  CHECK(w.make(w.ann, "Change", true) == 1);
  const std::string half(600'000, 'x');
  w.repo.commit_id(header_line("b") + file_line("b", half), "refs%2Fpr%2F1");
  CHECK(w.details(1).at("diff").get<std::string>().find("left out") == std::string::npos);
  w.repo.commit_id(header_line("c, d") + file_line("c", half) + file_line("d", "d\n"),
                   "refs%2Fpr%2F1");
  const std::string diff = w.details(1).at("diff");
  CHECK(diff.find("+++ b/b\n") != std::string::npos);
  CHECK(diff.find("+++ b/c\n") == std::string::npos);
  CHECK(diff.ends_with("\nThe rest is too long to be shown; files left out: 2; see refs/pr/1\n"));
}

TEST_CASE("a pull request begins as a draft, gets commits and is merged", "[serve][discussions]") {
  World w;
  CHECK(w.make(w.ann, "Words") == 1);
  CHECK(w.make(w.ann, "Change", true) == 2);
  json now = w.details(2);
  CHECK(now.at("status") == "draft");
  CHECK(now.at("isPullRequest") == true);
  CHECK(now.at("changes") == json({{"base", "refs/heads/main"}}));
  CHECK(now.at("filesWithConflicts").empty());
  CHECK(now.at("diff") == "");
  CHECK(w.repo.tip_id("refs/pr/2") == w.first);
  const json refs =
      json::parse(w.hub.ask("GET", w.repo.api() + "/refs?include_prs=1").body).at("pullRequests");
  REQUIRE(refs.size() == 1);
  CHECK(refs[0] == json({{"name", "2"}, {"ref", "refs/pr/2"}, {"targetCommit", w.first}}));

  w.repo.commit_id(header_line("Add b") + file_line("b", "new\n"), "refs%2Fpr%2F2");
  const std::string head =
      w.repo.commit_id(header_line("Change a") + file_line("a", "1\n2\n3\n4\nfive\n"), "refs/pr/2");
  now = w.details(2);
  CHECK(World::kinds(now) == "ccc");
  CHECK(now.at("events")[1].at("data").at("subject") == "Add b");
  CHECK(now.at("events")[2].at("data") == json({{"subject", "Change a"}, {"oid", head}}));
  CHECK(now.at("events")[2].at("author").at("name") == "admin");
  const std::string diff = now.at("diff");
  CHECK(diff.find("+++ b/b") != std::string::npos);
  CHECK(diff.find("-5\n+five") != std::string::npos);
  CHECK(w.hub.ask("GET", "/ann/model/resolve/refs%2Fpr%2F2/b").body == "new\n");
  CHECK(w.hub.ask("GET", "/ann/model/resolve/main/b").status == 404);

  CHECK(w.status("/2/merge", w.ann, nullptr) == 409);
  w.good(w.post("/2/status", w.ann, {{"status", "open"}}));
  CHECK(w.status("/2/merge", w.bob, nullptr) == 403);
  w.good(w.post("/2/merge", w.ann, {{"comment", "Thanks"}}));
  CHECK(w.repo.tip_id() == head);
  now = w.details(2);
  CHECK(now.at("status") == "merged");
  CHECK(now.at("changes").at("mergeCommitId") == head);
  CHECK(now.at("diff") == diff);
  CHECK(World::kinds(now) == "cccscs");
  CHECK(w.status("/2/merge", w.ann, nullptr) == 409);
  CHECK(w.status("/2/status", w.ann, {{"status", "open"}}) == 409);
  CHECK(w.commit(w.ann, "refs%2Fpr%2F2", header_line("late") + file_line("c", "c")).status == 409);
  CHECK(w.list("?status=closed").at("count") == 1);

  CHECK(w.make(w.ann, "Nothing", true) == 3);
  w.good(w.post("/3/status", w.ann, {{"status", "open"}}));
  CHECK(w.status("/3/merge", w.ann, nullptr) == 409);
  CHECK(w.details(3).at("status") == "open");
}

TEST_CASE("a commit with create_pr makes a pull request with its words", "[serve][discussions]") {
  World w;
  const std::string lines =
      test::line("header", {{"summary", "Add b\nmore"}, {"description", "Because."}}) +
      file_line("b", "b");
  const json made = w.good(w.commit(w.bob, "main?create_pr=1", lines));
  CHECK(made.at("pullRequestUrl") == w.hub.url() + "/ann/model/discussions/1");
  const json now = w.details(1);
  CHECK(now.at("title") == "Add b");
  CHECK(now.at("status") == "open");
  CHECK(now.at("author").at("name") == "bob");
  REQUIRE(World::kinds(now) == "cc");
  CHECK(now.at("events")[0].at("data").at("latest").at("raw") == "Because.");
  CHECK(now.at("events")[1].at("data").at("oid") == made.at("commitOid"));
  CHECK(w.repo.tip_id() == w.first);
  // Proposals are for branches alone.
  CHECK(w.commit(w.ann, "refs%2Fpr%2F1?create_pr=1", lines).status == 404);
  w.good(w.hub.ask("POST", w.repo.api() + "/branch/side", w.ann, "{}"));
  w.good(w.commit(w.ann, "side?create_pr=1", lines));
  CHECK(w.details(2).at("changes").at("base") == "refs/heads/side");
  w.good(w.post("/2/merge", w.ann, nullptr));
  CHECK(w.repo.tip_id() == w.first);
  CHECK(w.repo.paths("refs/heads/side") == Paths{"a", "b"});

  // A reference that somebody who was stopped has left is passed over.
  const auto folder = w.hub.options().data_folder / "git" / "1.git";
  REQUIRE(w.hub.git(folder, {"update-ref", "refs/pr/3", w.first}).exit_code == 0);
  CHECK(w.commit(w.ann, "refs%2Fpr%2F3", lines).status == 404);
  CHECK(w.make(w.ann, "Next", true) == 4);
  CHECK(w.make(w.ann, "Next") == 5);
}

TEST_CASE("a merge joins what both sides changed, or changes nothing", "[serve][discussions]") {
  World w;
  w.good(w.commit(w.bob, "main?create_pr=1",
                  header_line("top") + file_line("a", "one\n2\n3\n4\n5\n") + file_line("b", "b")));
  w.good(w.commit(w.bob, "main?create_pr=1",
                  header_line("bottom") + file_line("a", "1\n2\n3\n4\nFIVE\n")));
  const std::string other =
      w.repo.commit_id(header_line("main") + file_line("a", "1\n2\n3\n4\nfive\n"));
  CHECK(w.details(1).at("filesWithConflicts").empty());
  CHECK(w.details(2).at("filesWithConflicts") == json::array({"a"}));
  const auto refused = w.post("/2/merge", w.ann, nullptr);
  CHECK(refused.status == 409);
  CHECK(refused.body.find("conflicts with main in a") != std::string::npos);
  CHECK(w.repo.tip_id() == other);
  CHECK(w.details(2).at("status") == "open");

  w.good(w.post("/1/merge", w.ann, nullptr));
  const auto tip = w.repo.tip();
  CHECK(tip->parents.size() == 2);
  CHECK(tip->parents[0].hex() == other);
  CHECK(tip->message == "Merge refs/pr/1: top\n");
  CHECK(tip->author.name == "ann");
  CHECK(w.repo.text("a") == "one\n2\n3\n4\nfive\n");
  CHECK(w.repo.paths() == Paths{"a", "b"});
  const json now = w.details(1);
  CHECK(now.at("changes").at("mergeCommitId") == tip->id.hex());
  CHECK(now.at("diff").get<std::string>().find("+one") != std::string::npos);
  CHECK(now.at("diff").get<std::string>().find("five") == std::string::npos);

  // Looking for conflicts leaves no objects behind.
  const auto git = w.hub.options().data_folder / "git" / "1.git";
  const std::string before = w.hub.git(git, {"count-objects", "-v"}).out;
  w.details(2);
  CHECK(w.hub.git(git, {"count-objects", "-v"}).out == before);

  // Merged by a push.
  w.good(w.commit(w.bob, "main?create_pr=1", header_line("c") + file_line("c", "c")));
  REQUIRE(w.hub.git(git, {"update-ref", "refs/heads/main", "refs/pr/3"}).exit_code == 0);
  w.good(w.post("/3/merge", w.ann, nullptr));
  CHECK(w.details(3).at("changes").at("mergeCommitId") == w.repo.tip_id());
}

TEST_CASE("merges and commits at once lose nothing", "[serve][discussions]") {
  World w;
  constexpr int kPulls = 6;
  for (int i = 1; i <= kPulls; ++i)
    w.good(w.commit(w.bob, "main?create_pr=1",
                    header_line("p") + file_line("p" + std::to_string(i), "x")));
  std::vector<long> statuses(2 * kPulls);
  std::vector<std::thread> clients;
  for (int i = 1; i <= kPulls; ++i) {
    clients.emplace_back([&, i] {
      statuses[2 * i - 2] = w.post("/" + std::to_string(i) + "/merge", w.ann, nullptr).status;
    });
    clients.emplace_back([&, i] {
      statuses[2 * i - 1] =
          w.repo.commit(header_line("c") + file_line("c" + std::to_string(i), "x")).status;
    });
  }
  for (std::thread& client : clients) client.join();
  for (const long status : statuses) CHECK(status == 200);
  CHECK(w.repo.paths().size() == 1 + 2 * kPulls);
}

TEST_CASE("a reader proposes with large files, and to no other reference", "[serve][discussions]") {
  World w;
  const std::string large = "a large file";
  const std::string oid = sha256_of(as_bytes(large)).hex();
  const json batch = {{"operation", "upload"},
                      {"transfers", {"basic"}},
                      {"objects", {{{"oid", oid}, {"size", large.size()}}}}};
  const auto ask_batch = [&](const std::string& token) {
    return w.hub.ask("POST", "/ann/model.git/info/lfs/objects/batch", token, batch.dump(),
                     {"Content-Type: application/vnd.git-lfs+json"});
  };
  CHECK(ask_batch("").status == 401);
  const json answer = w.good(ask_batch(w.bob));
  const std::string href = answer.at("objects")[0].at("actions").at("upload").at("href");
  CHECK(w.hub.ask("PUT", href, "", large).status == 200);
  const std::string lines = header_line("w") + large_line("w.bin", large);
  CHECK(w.commit(w.bob, "main", lines).status == 403);
  w.good(w.commit(w.bob, "main?create_pr=1", lines));
  CHECK(w.hub.ask("GET", "/ann/model/resolve/refs%2Fpr%2F1/w.bin").body == large);
  w.good(w.commit(w.bob, "refs%2Fpr%2F1", header_line("m") + file_line("m", "m")));

  const auto token = [&](const std::string& path, const std::string& who) {
    return w.hub.ask("GET", w.repo.api() + "/xet-write-token/" + path, who);
  };
  CHECK(token("main", w.bob).status == 403);
  CHECK(token("main?create_pr=1", "").status == 401);
  CHECK(token("None?create_pr=1", w.bob).status == 200);
  CHECK(token("refs%2Fpr%2F1", w.bob).status == 200);
  const auto preupload = [&](const std::string& revision, const std::string& who) {
    return w.hub.ask("POST", w.repo.api() + "/preupload/" + revision, who, R"({"files":[]})")
        .status;
  };
  CHECK(preupload("main", w.bob) == 403);
  CHECK(preupload("main?create_pr=1", w.bob) == 200);
  CHECK(preupload("refs%2Fpr%2F1", w.bob) == 200);

  // Nobody else's, and none that is closed.
  const std::string eve = w.hub.make_user("eve");
  CHECK(w.commit(eve, "refs%2Fpr%2F1", lines).status == 403);
  CHECK(token("refs%2Fpr%2F1", eve).status == 403);
  CHECK(w.commit(w.ann, "refs%2Fpr%2F1", header_line("n") + file_line("n", "n")).status == 200);
  w.good(w.post("/1/status", w.bob, {{"status", "closed"}}));
  CHECK(w.commit(w.bob, "refs%2Fpr%2F1", lines).status == 409);
  CHECK(w.repo.tip_id() == w.first);
  // A private repository keeps strangers out of this as of all else.
  World closed(true);
  CHECK(closed.commit(closed.bob, "main?create_pr=1", lines).status == 404);
  CHECK(closed.hub.ask("GET", closed.repo.api() + "/xet-write-token/main?create_pr=1", closed.bob)
            .status == 404);
}

TEST_CASE("git fetches pull requests and pushes to those that are one's own",
          "[serve][discussions][git]") {
  World w;
  const auto& folder = w.hub.folder().path();
  const auto clone = [&](const std::string& name, const std::string& token) {
    REQUIRE(w.hub.git(folder, {"clone", "-q", w.hub.git_url("ann/model", token), name}).exit_code ==
            0);
    return folder / name;
  };
  const auto bobs = clone("bobs", w.bob);
  const auto commit = [&](const std::filesystem::path& where, const std::string& text) {
    REQUIRE(w.hub.git(where, {"commit", "-q", "--allow-empty", "-m", text}).exit_code == 0);
  };
  const auto push = [&](const std::filesystem::path& where, const std::string& to) {
    return w.hub.git(where, {"push", "-q", "origin", "HEAD:" + to});
  };
  commit(bobs, "one");
  // Without a pull request of one's own there is nothing to push to.
  CHECK(push(bobs, "refs/pr/1").exit_code != 0);
  CHECK(w.make(w.bob, "Bob's", true) == 1);
  CHECK(w.make(w.ann, "Ann's", true) == 2);
  commit(bobs, "two");
  auto pushed = push(bobs, "refs/pr/1");
  INFO(pushed.err);
  REQUIRE(pushed.exit_code == 0);
  json now = w.details(1);
  REQUIRE(World::kinds(now) == "ccc");
  CHECK(now.at("events")[1].at("data").at("subject") == "one");
  CHECK(now.at("events")[2].at("data").at("subject") == "two");
  CHECK(now.at("events")[2].at("author").at("name") == "bob");

  for (const char* other : {"refs/heads/main", "refs/heads/x", "refs/tags/x", "refs/pr/2",
                            "refs/pr/3", "refs/pr/x", "refs/pr/01", "refs/x"}) {
    INFO(other);
    const auto refused = push(bobs, other);
    CHECK(refused.exit_code != 0);
    CHECK(refused.err.find("mhub:") != std::string::npos);
  }
  const auto removed = w.hub.git(bobs, {"push", "-q", "origin", ":refs/pr/1"});
  CHECK(removed.err.find("cannot be deleted") != std::string::npos);

  // Whoever may write may push to all of them.
  const auto anns = clone("anns", w.ann);
  REQUIRE(w.hub.git(anns, {"fetch", "-q", "origin", "refs/pr/1:pr"}).exit_code == 0);
  REQUIRE(w.hub.git(anns, {"checkout", "-q", "pr"}).exit_code == 0);
  commit(anns, "three");
  CHECK(push(anns, "refs/pr/1").exit_code == 0);
  CHECK(push(anns, "refs/pr/3").exit_code != 0);
  now = w.details(1);
  REQUIRE(World::kinds(now) == "cccc");
  CHECK(now.at("events")[3].at("author").at("name") == "ann");

  w.good(w.post("/1/status", w.bob, {{"status", "closed"}}));
  commit(bobs, "four");
  commit(anns, "five");
  // Not even a request to push is taken any more.
  CHECK(push(bobs, "refs/pr/1").exit_code != 0);
  CHECK(push(anns, "refs/pr/1").exit_code != 0);
  CHECK(World::kinds(w.details(1)) == "ccccs");
}

TEST_CASE("a limited token discusses and proposes in its places alone", "[serve][discussions]") {
  World w;
  w.hub.make_repo("ann/other");
  const auto limited = [&](const std::string& place, bool may_write) {
    return w.hub.admin().create_limited_token("bob", "limited", {{place, may_write}}, std::nullopt);
  };
  const std::string lines = header_line("x") + file_line("x", "x");
  const std::string batch =
      R"({"operation":"upload","objects":[{"oid":")" + std::string(64, 'a') + R"(","size":1}]})";
  const int number = w.make(w.bob, "Bob's", true);
  const std::string at = "/" + std::to_string(number);
  const std::string own = "refs%2Fpr%2F" + std::to_string(number);
  // That its user may is not enough, be it his own pull request.
  for (const std::string& token : {limited("ann/other", true), limited("ann/model", false)}) {
    CHECK(w.status("", token, {{"title", "t"}}) == 403);
    CHECK(w.status("", token, {{"title", "t"}, {"pullRequest", true}}) == 403);
    CHECK(w.status(at + "/comment", token, {{"comment", "c"}}) == 403);
    CHECK(w.status(at + "/title", token, {{"title", "t"}}) == 403);
    CHECK(w.status(at + "/status", token, {{"status", "closed"}}) == 403);
    for (const std::string& revision : {std::string("main?create_pr=1"), own}) {
      INFO(revision);
      CHECK(w.commit(token, revision, lines).status == 403);
      CHECK(w.hub.ask("GET", w.repo.api() + "/xet-write-token/" + revision, token).status == 403);
      CHECK(w.hub.ask("POST", w.repo.api() + "/preupload/" + revision, token, R"({"files":[]})")
                .status == 403);
    }
    CHECK(w.hub.ask("POST", "/ann/model.git/info/lfs/objects/batch", token, batch).status == 403);
    CHECK(w.hub.ask("GET", "/ann/model/info/refs?service=git-receive-pack", token).status == 403);
    CHECK(World::kinds(w.details(number)) == "c");
  }
  CHECK(w.list().at("count") == 1);

  const std::string here = limited("ann/model", true);
  CHECK(w.status(at + "/comment", here, {{"comment", "c"}}) == 200);
  CHECK(w.commit(here, own, lines).status == 200);
  CHECK(w.hub.ask("GET", "/ann/model/info/refs?service=git-receive-pack", here).status == 200);
  // What it got for the CAS ends with it.
  const std::string cas = w.hub.ask("GET", w.repo.api() + "/xet-write-token/main?create_pr=1", here)
                              .header("x-xet-access-token");
  CHECK(w.hub.ask("POST", "/v1/shards", cas, "x").status == 400);
  w.hub.admin().revoke_token(w.hub.admin().list_tokens("bob").back().id);
  CHECK(w.hub.ask("POST", "/v1/shards", cas, "x").status == 401);
}

TEST_CASE("a gated repository takes proposals from those who may have its content",
          "[serve][discussions]") {
  World w;
  const auto decide = [&](const std::string& path, const json& body) {
    w.good(w.hub.ask("POST", w.repo.api() + "/user-access-request/" + path, w.ann, body.dump()));
  };
  w.good(w.hub.ask("PUT", w.repo.api() + "/settings", w.ann, R"({"gated":"manual"})"));
  const std::string lines = header_line("Add b") + file_line("b", "classified\n");
  const std::string batch =
      R"({"operation":"upload","objects":[{"oid":")" + std::string(64, 'a') + R"(","size":1}]})";
  const auto is_gated = [](const test::HttpAnswer& answer) {
    return answer.status == 403 && answer.header("x-error-code") == "GatedRepo";
  };
  const auto write_token = [&](const std::string& revision) {
    return w.hub.ask("GET", w.repo.api() + "/xet-write-token/" + revision, w.bob);
  };
  const auto ask_batch = [&] {
    return w.hub.ask("POST", "/ann/model.git/info/lfs/objects/batch", w.bob, batch);
  };

  const int words = w.make(w.bob, "May I?");
  CHECK(w.status("/" + std::to_string(words) + "/comment", w.bob, {{"comment", "c"}}) == 200);
  CHECK(is_gated(w.post("", w.bob, {{"title", "t"}, {"pullRequest", true}})));
  CHECK(is_gated(w.commit(w.bob, "main?create_pr=1", lines)));
  CHECK(is_gated(write_token("main?create_pr=1")));
  CHECK(is_gated(ask_batch()));
  CHECK(w.list().at("count") == 1);

  decide("grant", {{"user", "bob"}});
  w.good(w.commit(w.bob, "main?create_pr=1", lines));
  const std::string cas = write_token("refs%2Fpr%2F2").header("x-xet-access-token");
  CHECK(w.hub.ask("POST", "/v1/shards", cas, "x").status == 400);
  CHECK(ask_batch().status == 200);
  const std::string pushing = "/ann/model/info/refs?service=git-receive-pack";
  CHECK(w.hub.ask("GET", pushing, w.bob).status == 200);
  CHECK(w.details(2, w.bob).at("diff").get<std::string>().find("classified") != std::string::npos);

  // Let out again he keeps his words, and his pull request is others' content as all else is.
  decide("handle", {{"user", "bob"}, {"status", "rejected"}});
  CHECK(is_gated(w.commit(w.bob, "refs%2Fpr%2F2", header_line("c") + file_line("c", "c"))));
  CHECK(is_gated(write_token("refs%2Fpr%2F2")));
  CHECK(is_gated(ask_batch()));
  CHECK(is_gated(w.hub.ask("GET", pushing, w.bob)));
  CHECK(w.hub.ask("POST", "/v1/shards", cas, "x").status == 403);
  for (const std::string& token : {w.bob, std::string()}) {
    const json now = w.details(2, token);
    CHECK(now.at("title") == "Add b");
    CHECK(now.at("diff") == "");
    CHECK(now.dump().find("classified") == std::string::npos);
  }
  CHECK(w.details(2, w.ann).at("diff").get<std::string>().find("classified") != std::string::npos);
}

}  // namespace
}  // namespace mhub
