// What is written over HTTP beside commits: the question before an upload, references, settings and
// names of repositories, and the check of cards.

#include "hf/first_commit.hpp"
#include "hf/model_card.hpp"
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

TEST_CASE("a new repository begins as clients know it", "[serve][hub]") {
  using wire::RepoType;
  const auto blob_of = [](RepoType type) {
    return repo::hash_blob(as_bytes(serve::first_gitattributes(type))).hex();
  };
  CHECK(blob_of(RepoType::model) == "a6344aac8c09253b3b630fb776ae94478aa0275b");
  CHECK(blob_of(RepoType::space) == "a6344aac8c09253b3b630fb776ae94478aa0275b");
  CHECK(blob_of(RepoType::dataset) == "1ef325f1b111266a6b26e0196871bd78baa8c2f3");

  TestHub hub;
  REQUIRE(hub.ask("POST", "/api/repos/create", hub.admin_token(), R"({"name":"fresh"})").status ==
          200);
  REQUIRE(hub.ask("POST", "/api/repos/create", hub.admin_token(),
                  R"({"name":"bare","initialCommit":false})")
              .status == 200);
  const auto repos = hub.admin().list_repos();
  REQUIRE(repos.size() == 2);
  HubWriter fresh(hub, repos[0]);
  CHECK(fresh.count_commits() == 1);
  CHECK(fresh.tip()->message == "initial commit\n");
  CHECK(fresh.entry(".gitattributes")->id.hex() == "a6344aac8c09253b3b630fb776ae94478aa0275b");
  // One that history will be pushed to has none.
  CHECK(HubWriter(hub, repos[1]).count_commits() == 0);
}

TEST_CASE("a new repository has the files that it was asked for with", "[serve][hub]") {
  TestHub hub;
  const auto create = [&](const json& more) {
    json body = {{"name", "filled"}};
    body.update(more);
    return hub.ask("POST", "/api/repos/create", hub.admin_token(), body.dump()).status;
  };
  const auto files = [](const std::string& path, const std::string& content) {
    return json({{"files", {{{"path", path}, {"content", content}, {"encoding", "utf-8"}}}}});
  };
  CHECK(create(files("../up", "x")) == 422);
  CHECK(create(files(".git/config", "x")) == 422);
  CHECK(create(files("a.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:" +
                                  std::string(64, 'a') + "\nsize 5\n")) == 422);
  CHECK(create({{"license", "mit\nevil: true"}}) == 400);
  CHECK(hub.admin().list_repos().empty());  // nothing is left of those

  json wanted = files("sub/a.txt", "text\n");
  wanted["license"] = "apache-2.0";
  REQUIRE(create(wanted) == 200);
  HubWriter filled(hub, hub.admin().list_repos()[0]);
  CHECK(filled.count_commits() == 1);
  CHECK(filled.entry(".gitattributes"));
  CHECK(filled.entry("sub/a.txt")->id == repo::hash_blob(as_bytes(std::string_view("text\n"))));
  CHECK(filled.entry("README.md")->id ==
        repo::hash_blob(as_bytes(std::string_view("---\nlicense: apache-2.0\n---\n"))));
}

TEST_CASE("large files are copied to whoever may write, from what may be read", "[serve][hub]") {
  TestHub hub;
  const std::string bob = hub.make_user("bob");
  const auto from = hub.make_repo("admin/from", true);
  const auto to = hub.make_repo("admin/to");
  hub.make_repo("bob/mine");
  const HubWriter writer(hub, from);
  const std::string content(5000, 'x');
  writer.upload(content);
  const std::string digest = sha256_of(as_bytes(content)).hex();
  const auto copy = [&](const std::string& source, const std::string& target,
                        const std::string& token, const std::string& file) {
    const json body = {{"target", {{"type", "model"}, {"name", target}}},
                       {"files", {{{"sha256", file}}}}};
    return hub.ask("POST", "/api/models/" + source + "/lfs-files/duplicate", token, body.dump());
  };
  const auto object = "/admin/to.git/info/lfs/objects/" + digest;
  CHECK(copy("admin/from", "bob/mine", bob, digest).status == 404);  // bob may not read it
  CHECK(copy("admin/to", "admin/from", bob, digest).status == 404);  // nor know of the target
  CHECK(copy("bob/mine", "admin/to", bob, digest).status == 403);
  CHECK(copy("admin/to", "bob/mine", "", digest).status == 401);
  CHECK(hub.ask("GET", object).status == 404);
  // What the source does not have is told, and nothing of it is listed.
  const auto missing = copy("admin/to", "admin/from", hub.admin_token(), digest);
  REQUIRE(missing.status == 200);
  CHECK(json::parse(missing.body).at("failed").at(0).at("sha256") == digest);

  const auto done = copy("admin/from", "admin/to", hub.admin_token(), digest);
  REQUIRE(done.status == 200);
  CHECK(json::parse(done.body).at("failed").empty());
  CHECK(hub.ask("GET", object).body == content);
}

struct Asked {
  std::string path;
  std::string content;
};
json preupload(const TestHub& hub, const std::string& repo, const std::vector<Asked>& files,
               const json& more = json::object(), const std::string& revision = "main") {
  json body = more;
  body["files"] = json::array();
  for (const Asked& file : files) {
    body["files"].push_back({{"path", file.path},
                             {"size", file.content.size()},
                             {"sample", to_base64(as_bytes(file.content.substr(0, 512)))}});
  }
  const auto answer = hub.ask("POST", "/api/models/" + repo + "/preupload/" + revision,
                              hub.admin_token(), body.dump());
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return json::parse(answer.body).at("files");
}

TEST_CASE("preupload says how each file is to be sent", "[serve][preupload]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  const std::string large_text(10'000'001, 'a');
  const std::string binary("\x89PNG\0\0", 6);
  // Before the first commit the rules are those that it will have.
  const std::vector<Asked> asked = {
      {"a.txt", "text"},       {"w.bin", "text"},     {"empty.bin", ""},
      {"big.txt", large_text}, {"sub/noise", binary}, {"ten.txt", std::string(10'000'000, 'a')}};
  const json first = preupload(hub, "admin/model", asked);
  REQUIRE(first.size() == asked.size());
  const Paths modes = {"regular", "lfs", "regular", "lfs", "lfs", "regular"};
  for (std::size_t i = 0; i < asked.size(); ++i) {
    INFO(asked[i].path);
    CHECK(first[i].at("path") == asked[i].path);
    CHECK(first[i].at("uploadMode") == modes[i]);
    CHECK(first[i].at("shouldIgnore") == false);
    CHECK_FALSE(first[i].contains("oid"));
  }

  repo.upload("large");
  repo.commit_id(header_line("1") + file_line("a.txt", "text") + large_line("w.bin", "large") +
                 file_line(".gitignore", "*.tmp\n/out/\n") +
                 file_line("sub/.gitattributes", "*.txt filter=lfs\n"));
  const json second = preupload(
      hub, "admin/model",
      {{"a.txt", "other"}, {"w.bin", "other"}, {"x.tmp", "x"}, {"out/y", "y"}, {"sub/b.txt", "z"}});
  CHECK(second[0].at("oid") == repo::hash_blob(as_bytes("text")).hex());
  CHECK(second[1].at("oid") == sha256_of(as_bytes("large")).hex());
  CHECK(second[2].at("shouldIgnore") == true);
  CHECK(second[3].at("shouldIgnore") == true);
  CHECK(second[4].at("uploadMode") == "lfs");
  // Rules that are part of the same upload go before those that are there.
  const json third = preupload(hub, "admin/model", {{"w.bin", "x"}, {"m.md", "x"}, {"x.tmp", "x"}},
                               {{"gitAttributes", "*.md filter=lfs\n"}, {"gitIgnore", "*.md\n"}});
  CHECK(third[0].at("uploadMode") == "regular");
  CHECK(third[1].at("uploadMode") == "lfs");
  CHECK(third[1].at("shouldIgnore") == true);
  CHECK(third[2].at("shouldIgnore") == false);

  const auto status = [&](const std::string& revision, const json& files) {
    return hub.ask("POST", repo.api() + "/preupload/" + revision, hub.admin_token(),
                   json({{"files", files}}).dump());
  };
  CHECK(status("none", json::array()).header("x-error-code") == "RevisionNotFound");
  CHECK(status("main", {{{"path", "../x"}, {"size", 1}, {"sample", ""}}}).status == 422);
  CHECK(status("main", "nothing").status == 400);
}

TEST_CASE("branches are made, moved and removed", "[serve][refs]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  const auto ask = [&](const std::string& method, const std::string& path, const json& body = {}) {
    return hub.ask(method, repo.api() + path, hub.admin_token(),
                   body.is_null() ? std::string() : body.dump());
  };
  // In a repository without commits the default branch begins first.
  REQUIRE(ask("POST", "/branch/early").status == 200);
  CHECK(repo.tip_id("refs/heads/early") == repo.tip_id());
  const std::string first = repo.tip_id();
  const std::string second = repo.commit_id(header_line("2") + file_line("a", "2"));

  CHECK(ask("POST", "/branch/feat%2Fx", json::object()).status == 200);
  CHECK(repo.tip_id("refs/heads/feat/x") == second);
  auto answer = ask("POST", "/branch/feat%2Fx", json::object());
  CHECK(answer.status == 409);
  CHECK(answer.header("x-error-message") == "Reference refs/heads/feat/x already exists");
  CHECK(ask("POST", "/branch/feat%2Fx", {{"startingPoint", first}, {"overwrite", true}}).status ==
        200);
  CHECK(repo.tip_id("refs/heads/feat/x") == first);
  CHECK(ask("POST", "/branch/short", {{"startingPoint", second.substr(0, 8)}}).status == 200);
  CHECK(repo.tip_id("refs/heads/short") == second);
  CHECK(ask("POST", "/branch/blank", {{"emptyBranch", true}}).status == 200);
  CHECK(repo.count_commits("refs/heads/blank") == 1);
  CHECK(repo.paths("refs/heads/blank").empty());
  answer = ask("POST", "/branch/y", {{"startingPoint", "none"}});
  CHECK(answer.header("x-error-code") == "RevisionNotFound");
  CHECK(ask("POST", "/branch/feat", json::object()).status == 409);  // feat/x is in the way
  for (const char* bad : {"refs%2Fheads%2Fx", "refs%2Fpr%2F1", "a..b", "-x", "a%20b", "x.lock",
                          "HEAD", "a%5Cb", "%2Fx"}) {
    INFO(bad);
    CHECK(ask("POST", std::string("/branch/") + bad, json::object()).status == 400);
  }

  CHECK(ask("DELETE", "/branch/main").status == 400);
  CHECK(repo.tip_id() == second);
  CHECK(ask("DELETE", "/branch/feat%2Fx").status == 200);
  CHECK(repo.tip_id("refs/heads/feat/x").empty());
  CHECK(ask("DELETE", "/branch/feat%2Fx").header("x-error-code") == "RevisionNotFound");
}

TEST_CASE("tags are made of any revision and removed", "[serve][refs]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  const std::string first = repo.commit_id(header_line("1") + file_line("a", "1"));
  const std::string second = repo.commit_id(header_line("2") + file_line("a", "2"));
  const auto tag = [&](const std::string& revision, const json& body) {
    return hub.ask("POST", repo.api() + "/tag/" + revision, hub.admin_token(), body.dump());
  };
  CHECK(tag("main", {{"tag", "v2"}}).status == 200);
  CHECK(tag(first, {{"tag", "v1"}, {"message", "About the first"}}).status == 200);
  CHECK(tag("v1", {{"tag", "v1.1"}}).status == 200);
  CHECK(repo.tip_id("refs/tags/v2") == second);
  CHECK(repo.tip_id("refs/tags/v1") == first);
  CHECK(repo.tip_id("refs/tags/v1.1") == first);
  CHECK(tag("main", {{"tag", "v1"}}).status == 409);
  CHECK(tag("none", {{"tag", "v3"}}).header("x-error-code") == "RevisionNotFound");
  for (const char* bad : {"", "a b", "..", "refs/tags/x", "-x", "x\n"}) {
    INFO(bad);
    CHECK(tag("main", {{"tag", bad}}).status == 400);
  }
  CHECK(tag("main", json::object()).status == 400);
  const auto remove = [&](const std::string& name) {
    return hub.ask("DELETE", repo.api() + "/tag/" + name, hub.admin_token());
  };
  CHECK(remove("v1").status == 200);
  CHECK(repo.tip_id("refs/tags/v1").empty());
  CHECK(remove("v1").header("x-error-code") == "RevisionNotFound");
}

TEST_CASE("a squashed branch keeps its files and loses its history", "[serve][refs]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  repo.commit_id(header_line("1") + file_line("a", "1"));
  repo.commit_id(header_line("2") + file_line("b", "2"));
  const auto tree = repo.tip()->tree;
  const auto squash = [&](const std::string& branch, const std::string& body) {
    return hub.ask("POST", repo.api() + "/super-squash/" + branch, hub.admin_token(), body);
  };
  CHECK(squash("main", R"({"message":"All in one"})").status == 200);
  CHECK(repo.count_commits() == 1);
  CHECK(repo.tip()->tree == tree);
  CHECK(repo.tip()->message == "All in one\n");
  CHECK(squash("none", "{}").header("x-error-code") == "RevisionNotFound");
}

TEST_CASE("a repository's privacy can be changed", "[serve][hub]") {
  TestHub hub;
  HubWriter repo(hub, hub.make_repo("admin/model"));
  const auto set = [&](const std::string& body, const std::string& token) {
    return hub.ask("PUT", repo.api() + "/settings", token, body).status;
  };
  const std::string bob = hub.make_user("bob");
  CHECK(set(R"({"visibility":"private"})", bob) == 403);
  CHECK(hub.ask("GET", repo.api()).status == 200);
  CHECK(set(R"({"visibility":"private"})", hub.admin_token()) == 200);
  CHECK(hub.ask("GET", repo.api()).status == 401);
  CHECK(set(R"({"private":false})", bob) == 404);
  CHECK(set(R"({"gated":"who knows","private":false})", hub.admin_token()) == 400);
  CHECK(hub.ask("GET", repo.api()).status == 401);
  CHECK(set(R"({"private":false,"gated":false})", hub.admin_token()) == 200);
  CHECK(hub.ask("GET", repo.api()).status == 200);
  CHECK(set(R"({"visibility":"who knows"})", hub.admin_token()) == 400);
}

TEST_CASE("a moved repository is found under both names", "[serve][hub]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  const std::string bob = hub.make_user("bob");
  HubWriter repo(hub, hub.make_repo("alice/old", true));
  hub.make_repo("alice/taken");
  const auto move = [&](const std::string& from, const std::string& to, const std::string& token) {
    return hub.ask("POST", "/api/repos/move", token,
                   json({{"fromRepo", from}, {"toRepo", to}, {"type", "model"}}).dump());
  };
  CHECK(move("alice/old", "bob/mine", bob).header("x-error-code") == "RepoNotFound");
  CHECK(move("alice/taken", "bob/mine", bob).status == 403);
  CHECK(move("alice/old", "bob/new", alice).status == 403);
  CHECK(move("alice/old", "alice/resolve", alice).status == 400);
  auto answer = move("alice/old", "alice/taken", alice);
  CHECK(answer.status == 409);
  CHECK(answer.header("x-error-message") == "A model repository called alice/taken already exists");
  CHECK(move("alice/old", "alice/New", alice).status == 200);
  CHECK(json::parse(hub.ask("GET", "/api/models/alice/New", alice).body).at("id") == "alice/New");
  CHECK(json::parse(hub.ask("GET", "/api/models/alice/old", alice).body).at("id") == "alice/New");
  CHECK(hub.ask("GET", "/alice/old.git/info/refs?service=git-upload-pack", alice).status == 200);
  CHECK(hub.ask("POST", "/api/models/alice/taken/lfs-files/duplicate", alice,
                R"({"target":{"type":"model","name":"alice/old"},"files":[]})")
            .status == 200);
  // What ends or moves it again names it as it is called now.
  CHECK(hub.ask("DELETE", "/api/repos/delete", alice, R"({"name":"old"})").status == 404);
  CHECK(hub.ask("GET", "/api/models/alice/old", bob).header("x-error-code") == "RepoNotFound");
  // Only letters' case; and back.
  CHECK(move("alice/new", "alice/NEW", alice).status == 200);
  CHECK(json::parse(hub.ask("GET", "/api/models/alice/new", alice).body).at("id") == "alice/NEW");
  CHECK(move("alice/NEW", "alice/old", alice).status == 200);
  CHECK(json::parse(hub.ask("GET", "/api/models/alice/new", alice).body).at("id") == "alice/old");
  // A repository of the old name goes before it.
  CHECK(hub.ask("POST", "/api/repos/create", alice, R"({"name":"new"})").status == 200);
  CHECK(json::parse(hub.ask("GET", "/api/models/alice/new", alice).body).at("id") == "alice/new");
}

TEST_CASE("a duplicate has the same branches and large files", "[serve][hub]") {
  TestHub hub;
  const std::string bob = hub.make_user("bob");
  HubWriter repo(hub, hub.make_repo("admin/model"));
  repo.upload("large");
  repo.commit_id(header_line("1") + large_line("w.bin", "large") + file_line("a", "1"));
  REQUIRE(hub.ask("POST", repo.api() + "/tag/main", hub.admin_token(), R"({"tag":"v1"})").status ==
          200);
  const auto duplicate = [&](const std::string& body, const std::string& token) {
    return hub.ask("POST", repo.api() + "/duplicate", token, body);
  };
  CHECK(duplicate(R"({"repository":"bob/copy"})", "").status == 401);
  CHECK(duplicate(R"({"repository":"admin/copy"})", bob).status == 403);
  CHECK(duplicate(R"({"repository":"no slash"})", bob).status == 400);
  auto answer = duplicate(R"({"repository":"bob/copy","visibility":"private"})", bob);
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  CHECK(json::parse(answer.body).at("url") == hub.url() + "/bob/copy");
  answer = duplicate(R"({"repository":"bob/copy"})", bob);
  CHECK(answer.status == 409);
  CHECK(json::parse(answer.body).at("url") == hub.url() + "/bob/copy");
  CHECK(hub.ask("GET", "/api/models/bob/copy").status == 401);

  serve::RepoInfo made;
  for (const auto& one : hub.admin().list_repos()) {
    if (one.name.id() == "bob/copy") made = one;
  }
  HubWriter copy(hub, made);
  CHECK(copy.tip_id() == repo.tip_id());
  CHECK(copy.tip_id("refs/tags/v1") == repo.tip_id());
  const auto content =
      hub.ask("GET", "/bob/copy.git/info/lfs/objects/" + sha256_of(as_bytes("large")).hex(), bob);
  CHECK(content.body == "large");
}

TEST_CASE("cards are looked over without stopping an upload", "[serve][hub]") {
  TestHub hub;
  const auto validate = [&](const json& body) {
    return hub.ask("POST", "/api/validate-yaml", "", body.dump());
  };
  const auto answer =
      validate({{"content", "---\nlicense: mit\n---\n# Model\n"}, {"repoType", "model"}});
  REQUIRE(answer.status == 200);
  CHECK(answer.body == R"({"errors":[],"warnings":[]})");
  const auto bare = json::parse(validate({{"content", "# Model"}, {"repoType", "model"}}).body);
  CHECK(bare.at("errors").empty());
  CHECK(bare.at("warnings")[0].at("message").is_string());
  // Clients parse the answer before they look at its status.
  const auto wrong = validate(json::array());
  CHECK(wrong.status == 400);
  CHECK(json::parse(wrong.body).is_object());

  CHECK(serve::card_warnings("\xef\xbb\xbf---\r\na: b\r\n---\r\n").empty());
  CHECK(serve::card_warnings("").size() == 1);
  CHECK(serve::card_warnings("---\n---\n").size() == 1);
  CHECK(serve::card_warnings("---\n# only a note\n---\n").size() == 1);
  CHECK(serve::card_warnings("---\na: b\n").size() == 1);
  CHECK(serve::card_warnings("---\na:\n\tb: c\n---\n").size() == 1);
}

}  // namespace
}  // namespace mhub
