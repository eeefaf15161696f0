#include "hf/lfs_paths.hpp"
#include "hub_writer.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using namespace test;

TEST_CASE("two revisions are compared as text", "[serve][compare]") {
  TestHub hub;
  HubWriter writer(hub, hub.make_repo("team/m"));
  const auto first = writer.commit_id(header_line("1") + file_line("a.txt", "one\n"));
  REQUIRE(hub.ask("POST", writer.api() + "/branch/side%2Fway", hub.admin_token(), "{}").status ==
          200);
  writer.commit_id(header_line("2") + file_line("a.txt", "two\n"));
  writer.commit_id(header_line("3") + file_line("b.txt", "side\n"), "side%2Fway");
  const auto diff = [&](const std::string& ends) {
    return hub.ask("GET", writer.api() + "/compare/" + ends);
  };
  const auto both = diff("side%2Fway..main");
  REQUIRE(both.status == 200);
  CHECK_THAT(both.body, Catch::Contains("-one\n+two\n") && Catch::Contains("-side\n"));
  const auto since = diff("side%2Fway...main");
  CHECK_THAT(since.body, Catch::Contains("-one\n+two\n") && !Catch::Contains("side\n"));
  CHECK(diff(first + ".." + first).body.empty());
  CHECK(diff("main..nothing").header("x-error-code") == "RevisionNotFound");
  CHECK(diff("--output=x..main").status == 404);
  CHECK(diff("main").status == 400);
}

TEST_CASE("the size below a folder counts large files in full", "[serve][compare]") {
  TestHub hub;
  HubWriter writer(hub, hub.make_repo("team/m"));
  const std::string large(5000, 'x');
  writer.upload(large);
  writer.commit_id(header_line("1") + file_line("sub/a", "abc") + large_line("sub/w.bin", large) +
                   file_line("b", "b"));
  const auto size = [&](const std::string& path) {
    const auto answer = hub.ask("GET", writer.api() + "/treesize/main" + path);
    return answer.status == 200 ? json::parse(answer.body).at("size").get<int>() : -answer.status;
  };
  CHECK(size("/sub") == 5003);
  CHECK(size("/sub/a") == 3);
  CHECK(size("/nothing") == -404);
  CHECK(size("") > 5004);
}

TEST_CASE("a history is walked once for all pages of its large files", "[serve][lfs_files]") {
  const auto digest = [](const std::string& text) { return sha256_of(as_bytes(text)); };
  const Sha256 a = digest("a"), b = digest("b"), stray = digest("stray");
  int walks = 0;
  const serve::LfsPaths::Walk walk = [&](const auto& meet) {
    ++walks;
    meet(a, "new/a");
    meet(b, "b");
    meet(a, "old/a");
  };
  using Paths = serve::LfsPaths::Paths;
  serve::LfsPaths paths;
  CHECK(paths.find({1, digest("refs")}, {}, walk).empty());
  CHECK(walks == 0);
  CHECK(paths.find({1, digest("refs")}, {a, stray}, walk) == Paths{{a, "new/a"}, {stray, ""}});
  CHECK(paths.find({1, digest("refs")}, {b}, walk) == Paths{{b, "b"}});
  CHECK(paths.find({1, digest("refs")}, {a, stray}, walk) == Paths{{a, "new/a"}, {stray, ""}});
  CHECK(walks == 1);
  CHECK(paths.find({1, digest("moved")}, {b}, walk) == Paths{{b, "b"}});
  CHECK(paths.find({2, digest("refs")}, {b}, walk) == Paths{{b, "b"}});
  CHECK(walks == 3);

  serve::LfsPaths small(150);
  for (int time = 0; time < 2; ++time)
    CHECK(small.find({1, digest("refs")}, {a, b}, walk) == Paths{{a, "new/a"}, {b, "b"}});
  CHECK(walks == 5);
}

TEST_CASE("large files are listed and taken away for good", "[serve][lfs_files]") {
  TestHub hub;
  HubWriter writer(hub, hub.make_repo("team/m"));
  const std::string keep(3000, 'k');
  const std::string gone(4000, 'g');
  writer.upload(keep);
  writer.upload(gone);
  const auto first = writer.commit_id(header_line("1") + file_line("readme", "r"));
  writer.commit_id(header_line("2") + large_line("keep.bin", keep) +
                   large_line("sub/gone.bin", gone));
  REQUIRE(hub.ask("POST", writer.api() + "/tag/main", hub.admin_token(),
                  R"({"tag":"v1","message":"one"})")
              .status == 200);
  writer.commit_id(header_line("3") + line("deletedFile", {{"path", "sub/gone.bin"}}));
  const auto list = [&] {
    return json::parse(hub.ask("GET", writer.api() + "/lfs-files", hub.admin_token()).body);
  };
  const auto before = list();
  REQUIRE(before.size() == 2);
  std::string digest;
  for (const json& file : before) {
    if (file.at("filename") == "sub/gone.bin") digest = file.at("fileOid");
    CHECK(file.at("size").get<int>() >= 3000);
    CHECK(file.at("pushedAt").is_string());
  }
  REQUIRE(digest == sha256_of(as_bytes(gone)).hex());
  const auto remove = [&](bool rewrite, const std::string& token) {
    const json body = {{"deletions", {{"sha", {digest}}, {"rewriteHistory", rewrite}}}};
    return hub.ask("POST", writer.api() + "/lfs-files/batch", token, body.dump()).status;
  };
  CHECK(remove(true, hub.make_user("bob")) == 403);
  const auto old_tip = writer.tip_id();
  REQUIRE(remove(true, hub.admin_token()) == 200);
  CHECK(list().size() == 1);
  CHECK(writer.tip_id() != old_tip);
  CHECK(writer.count_commits() == 3);
  CHECK(writer.tip("refs/tags/v1")->message == "2\n");
  CHECK(writer.paths("refs/tags/v1") == std::vector<std::string>{"keep.bin", "readme"});
  CHECK(writer.paths() == std::vector<std::string>{"keep.bin", "readme"});
  // What came before the file stays as it was; the rest is whole.
  CHECK(hub.ask("GET", writer.api() + "/revision/" + first).status == 200);
  CHECK(writer.tip()->parents.size() == 1);
  const auto again = hub.git(hub.folder().path(), {"clone", "-q", hub.url() + "/team/m", "c"});
  CHECK(again.exit_code == 0);
  CHECK(hub.ask("GET", "/team/m/resolve/v1/keep.bin").body == keep);
  const auto report = hub.admin().check(silent_progress(), never_stopped());
  CHECK(report.missing_files.empty());
  // Without rewriting, the pointer stays and leads nowhere.
  digest = sha256_of(as_bytes(keep)).hex();
  REQUIRE(remove(false, hub.admin_token()) == 200);
  CHECK(writer.paths() == std::vector<std::string>{"keep.bin", "readme"});
  CHECK(hub.ask("GET", "/team/m/resolve/main/keep.bin").status == 404);
}

}  // namespace
}  // namespace mhub
