#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "test_hub.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using test::HttpAnswer;
using test::TestHub;

/// A repository with a large file, a small one, an empty one and a folder, in two commits.
struct Filled {
  explicit Filled(bool is_private = false) {
    hub.make_repo("admin/model", is_private);
    large_oid = sha256_of(as_bytes(large)).hex();
    pointer = fmt::format("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n",
                          large_oid, large.size());
    REQUIRE(
        hub.ask("PUT", "/admin/model.git/info/lfs/objects/" + large_oid, hub.admin_token(), large)
            .status == 200);
    work = hub.folder() / "work";
    std::filesystem::create_directories(work / "sub/deep");
    git({"init", "-q", "-b", "main"});
    put("small.txt", small);
    put("empty", "");
    put("w.bin", pointer);
    git({"add", "."});
    git({"commit", "-q", "-m", "First\n\nWith <more>."});
    first = git({"rev-parse", "HEAD"});
    put("sub/a b.txt", "in a folder");
    put("sub/deep/c", "deeper");
    git({"add", "."});
    git({"commit", "-q", "-m", "Second"});
    second = git({"rev-parse", "HEAD"});
    git({"tag", "-a", "-m", "about", "v1", first});
    git({"push", "-q", hub.git_url("admin/model", hub.admin_token()), "main", "main:feat/x", "v1"});
  }

  void put(const std::string& path, const std::string& content) {
    std::ofstream(work / path, std::ios::binary) << content;
  }
  std::string git(std::vector<std::string> words) {
    auto result = hub.git(work, std::move(words));
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    while (result.out.ends_with('\n')) result.out.pop_back();
    return result.out;
  }
  std::string blob(const std::string& path) { return git({"rev-parse", "HEAD:" + path}); }
  HttpAnswer get(const std::string& path, std::vector<std::string> headers = {}) {
    return hub.ask("GET", path, "", "", std::move(headers));
  }
  HttpAnswer head(const std::string& path, std::vector<std::string> headers = {}) {
    return hub.ask("HEAD", path, "", "", std::move(headers));
  }

  TestHub hub;
  std::filesystem::path work;
  const std::string large = test::noise(1500000);
  const std::string small = "some text\n";
  std::string large_oid, pointer, first, second;
};

const std::string kApi = "/api/models/admin/model";
const std::string kFiles = "/admin/model/resolve/";

TEST_CASE("a repository is described at a revision", "[serve][hub_read]") {
  Filled repo;
  json info = json::parse(repo.get(kApi).body);
  CHECK(info.at("sha") == repo.second);
  CHECK(info.at("siblings").size() == 5);
  CHECK_FALSE(info.at("siblings")[0].contains("size"));
  info = json::parse(repo.get(kApi + "/revision/v1?blobs=True").body);
  CHECK(info.at("sha") == repo.first);
  REQUIRE(info.at("siblings").size() == 3);
  const json& large = info.at("siblings")[2];
  CHECK(large.at("rfilename") == "w.bin");
  CHECK(large.at("size") == repo.large.size());
  CHECK(large.at("lfs") == json{{"sha256", repo.large_oid},
                                {"size", repo.large.size()},
                                {"pointerSize", repo.pointer.size()}});
  info = json::parse(repo.get(kApi + "?expand[]=likes&expand=usedStorage&expand=other").body);
  CHECK(info.size() == 4);
  CHECK(info.at("usedStorage") == repo.large.size());
  const auto missing = repo.get(kApi + "/revision/no");
  CHECK(missing.status == 404);
  CHECK(missing.header("x-error-code") == "RevisionNotFound");
}

TEST_CASE("a tree is listed in pages, with last commits where asked", "[serve][hub_read]") {
  Filled repo;
  const json top = json::parse(repo.get(kApi + "/tree/main?recursive=false&expand=false").body);
  REQUIRE(top.size() == 4);
  CHECK(top[2].at("type") == "directory");
  CHECK(top[2].at("path") == "sub");
  CHECK(top[3].at("size") == repo.large.size());
  CHECK(top[3].at("oid") == repo.blob("w.bin"));
  CHECK(top[3].at("lfs").at("pointerSize") == repo.pointer.size());
  CHECK(top[3].at("xetHash").get<std::string>().size() == 64);
  CHECK_FALSE(top[1].contains("lfs"));

  std::vector<std::string> paths;
  std::string next = kApi + "/tree/feat/x?recursive=true&expand=true&limit=2";
  for (int pages = 0; !next.empty(); ++pages) {
    REQUIRE(pages < 10);
    const auto answer = repo.get(next);
    REQUIRE(answer.status == 200);
    for (const json& entry : json::parse(answer.body)) {
      paths.push_back(entry.at("path"));
      const bool is_first = paths.back().find("sub") == std::string::npos;
      CHECK(entry.at("lastCommit").at("id") == (is_first ? repo.first : repo.second));
      CHECK(entry.at("lastCommit").at("title") == (is_first ? "First" : "Second"));
    }
    const std::string link = answer.header("link");
    next = link.empty() ? "" : link.substr(1, link.find('>') - 1);
  }
  CHECK(paths == std::vector<std::string>{"empty", "small.txt", "sub", "sub/a b.txt", "sub/deep",
                                          "sub/deep/c", "w.bin"});
  const json sub = json::parse(repo.get(kApi + "/tree/main/sub%2Fdeep").body);
  REQUIRE(sub.size() == 1);
  CHECK(sub[0].at("path") == "sub/deep/c");
  for (const char* none : {"/tree/main/no", "/tree/main/small.txt", "/tree/main/sub/no/"}) {
    INFO(none);
    const auto answer = repo.get(kApi + none);
    CHECK(answer.status == 404);
    CHECK(answer.header("x-error-code") == "EntryNotFound");
  }
  CHECK(repo.get(kApi + "/tree/main?cursor=no").status == 400);
}

TEST_CASE("paths are described, asked for as a form or as JSON", "[serve][hub_read]") {
  Filled repo;
  const auto ask = [&](const std::string& body, const std::string& type) {
    const auto answer =
        repo.hub.ask("POST", kApi + "/paths-info/main", "", body, {"Content-Type: " + type});
    REQUIRE(answer.status == 200);
    return json::parse(answer.body);
  };
  json found = ask("paths=sub%2Fa+b.txt&paths=no&paths=sub&expand=false",
                   "application/x-www-form-urlencoded");
  REQUIRE(found.size() == 2);
  CHECK(found[0].at("path") == "sub/a b.txt");
  CHECK(found[1].at("type") == "directory");
  CHECK_FALSE(found[0].contains("lastCommit"));
  found = ask(R"({"paths":["w.bin","../x","no"],"expand":true})", "application/json");
  REQUIRE(found.size() == 1);
  CHECK(found[0].at("lastCommit").at("id") == repo.first);
  std::string many = "paths=a";
  for (int i = 0; i < 2001; ++i) many += "&paths=a";
  CHECK(repo.hub.ask("POST", kApi + "/paths-info/main", "", many).status == 413);
}

TEST_CASE("HEAD and GET tell what clients read of a large file", "[serve][hub_read]") {
  Filled repo;
  for (const bool is_head : {true, false}) {
    const auto answer =
        is_head ? repo.head(kFiles + "main/w.bin") : repo.get(kFiles + "main/w.bin");
    INFO(is_head);
    CHECK(answer.status == 200);
    CHECK(answer.header("etag") == "\"" + repo.large_oid + "\"");
    CHECK(answer.header("x-linked-etag") == "\"" + repo.large_oid + "\"");
    CHECK(answer.header("x-linked-size") == std::to_string(repo.large.size()));
    CHECK(answer.header("content-length") == std::to_string(repo.large.size()));
    CHECK(answer.header("x-repo-commit") == repo.second);
    CHECK(answer.header("location").empty());
    CHECK(answer.header("x-xet-hash").size() == 64);
    CHECK_THAT(
        answer.header("link"),
        Catch::StartsWith("<" + repo.hub.url() + kApi + "/xet-read-token/" + repo.second +
                          ">; rel=\"xet-auth\", <" + repo.hub.url() + "/v1/reconstructions/"));
    if (!is_head) CHECK(answer.body == repo.large);
  }
  const auto part = repo.get(kFiles + "main/w.bin", {"Range: bytes=1000000-9999999"});
  CHECK(part.status == 206);
  CHECK(part.body == repo.large.substr(1000000));
  CHECK(part.header("x-repo-commit") == repo.second);
  CHECK(repo.head(kFiles + "main/w.bin", {"Range: bytes=0-0"}).status == 200);
  const auto info =
      repo.get(kFiles + "main/w.bin",
               {"Accept: application/vnd.xet-fileinfo+json, */*", "Range: bytes=0-0"});
  CHECK(info.status == 200);
  CHECK(info.header("content-type") == "application/vnd.xet-fileinfo+json");
  CHECK(json::parse(info.body).at("hash") == info.header("x-xet-hash"));
  CHECK(json::parse(info.body).at("size") == repo.large.size());
  const auto known =
      repo.get(kFiles + "main/w.bin", {"If-None-Match: \"x\", W/\"" + repo.large_oid + "\""});
  CHECK(known.status == 304);
  CHECK(known.body.empty());
}

TEST_CASE("a file of git's own is served by its blob", "[serve][hub_read]") {
  Filled repo;
  const auto got = repo.get(kFiles + "main/small.txt");
  CHECK(got.body == repo.small);
  CHECK(got.header("etag") == "\"" + repo.blob("small.txt") + "\"");
  CHECK(got.header("x-xet-hash").empty());
  CHECK_THAT(got.header("cache-control"), Catch::Contains("no-cache"));
  CHECK_THAT(repo.get(kFiles + repo.first + "/small.txt").header("cache-control"),
             Catch::Contains("immutable"));
  CHECK(repo.head(kFiles + "main/small.txt").header("content-length") ==
        std::to_string(repo.small.size()));
  CHECK(repo.get(kFiles + "feat%2Fx/sub/a%20b.txt").body == "in a folder");
  CHECK(repo.get(kFiles + "main/small.txt", {"Range: bytes=5-100000"}).body == "text\n");
  CHECK(repo.get(kFiles + "main/small.txt", {"Range: bytes=-2"}).body == "t\n");
  const auto beyond = repo.get(kFiles + "main/small.txt", {"Range: bytes=10-"});
  CHECK(beyond.status == 416);
  CHECK(beyond.header("content-range") == "bytes */10");
  const auto empty = repo.get(kFiles + "main/empty", {"Range: bytes=0-0"});
  CHECK(empty.status == 200);
  CHECK(empty.body.empty());
  CHECK(empty.header("content-range") == "bytes */0");
  CHECK(repo.get("/admin/model/raw/main/w.bin").body == repo.pointer);
  CHECK(repo.head("/admin/model/raw/main/w.bin").header("etag") ==
        "\"" + repo.blob("w.bin") + "\"");
  for (const char* none : {"main/no", "main/sub", "main/small.txt/x"}) {
    INFO(none);
    const auto answer = repo.head(kFiles + none);
    CHECK(answer.status == 404);
    CHECK(answer.header("x-error-code") == "EntryNotFound");
    CHECK(answer.header("x-repo-commit") == repo.second);
  }
  CHECK(repo.head(kFiles + "no/small.txt").header("x-error-code") == "RevisionNotFound");
}

TEST_CASE("a large blob of git's own comes whole and in parts", "[serve][hub_read]") {
  Filled repo;
  const std::string content = test::noise(2000000);
  repo.put("big", content);
  repo.git({"add", "."});
  repo.git({"commit", "-q", "-m", "Big"});
  repo.git({"push", "-q", repo.hub.git_url("admin/model", repo.hub.admin_token()), "main"});
  CHECK(repo.get(kFiles + "main/big").body == content);
  CHECK(repo.get(kFiles + "main/big", {"Range: bytes=600000-1700000"}).body ==
        content.substr(600000, 1100001));
}

TEST_CASE("refs and commits are listed", "[serve][hub_read]") {
  Filled repo;
  json refs = json::parse(repo.get(kApi + "/refs").body);
  REQUIRE(refs.at("branches").size() == 2);
  CHECK(refs.at("branches")[0].at("name") == "feat/x");
  CHECK(refs.at("converts").empty());
  REQUIRE(refs.at("tags").size() == 1);
  CHECK(refs.at("tags")[0].at("targetCommit") == repo.first);
  CHECK_FALSE(refs.contains("pullRequests"));
  CHECK(json::parse(repo.get(kApi + "/refs?include_prs=1").body).at("pullRequests").empty());

  const auto page = repo.get(kApi + "/commits/feat/x?limit=1");
  CHECK(page.header("x-total-count") == "2");
  const json newest = json::parse(page.body);
  REQUIRE(newest.size() == 1);
  CHECK(newest[0].at("id") == repo.second);
  CHECK(newest[0].at("authors")[0].at("user") == "A");
  const std::string link = page.header("link");
  REQUIRE_THAT(link, Catch::EndsWith(">; rel=\"next\""));
  const auto last = repo.get(link.substr(1, link.find('>') - 1) + "&expand[]=formatted");
  const json oldest = json::parse(last.body);
  REQUIRE(oldest.size() == 1);
  CHECK(oldest[0].at("title") == "First");
  CHECK(oldest[0].at("message") == "With <more>.\n");
  CHECK(oldest[0].at("formatted").at("message") == "With &lt;more&gt;.\n");
  CHECK(last.header("link").empty());
}

TEST_CASE("a private repository is not there for strangers", "[serve][hub_read]") {
  Filled repo(true);
  const std::string bob = repo.hub.make_user("bob");
  for (const std::string& path :
       {kApi, kApi + "/revision/main", kApi + "/tree/main", kApi + "/refs", kApi + "/commits/main",
        kApi + "/auth-check", kFiles + "main/w.bin",
        std::string("/admin/model/raw/main/small.txt")}) {
    INFO(path);
    std::string unknown = path;
    unknown.replace(unknown.find("admin/model"), 11, "admin/other");
    for (const std::string& token : {std::string(), bob}) {
      const auto answer = repo.hub.ask("GET", path, token);
      const auto nothing = repo.hub.ask("GET", unknown, token);
      CHECK(answer.status == (token.empty() ? 401 : 404));
      CHECK(answer.header("x-error-code") == "RepoNotFound");
      CHECK(answer.status == nothing.status);
      CHECK(answer.body == nothing.body);
    }
    CHECK(repo.hub.ask("GET", path, repo.hub.admin_token()).status == 200);
  }
  CHECK_THAT(
      repo.hub.ask("HEAD", kFiles + "main/w.bin", repo.hub.admin_token()).header("cache-control"),
      Catch::StartsWith("private"));
}

TEST_CASE("an empty repository has an empty tree", "[serve][hub_read]") {
  TestHub hub;
  hub.make_repo("admin/model");
  CHECK(hub.ask("GET", kApi + "/tree/main?recursive=true").body == "[]");
  CHECK(json::parse(hub.ask("GET", kApi + "/revision/main").body).at("siblings").empty());
  CHECK(hub.ask("GET", kApi + "/commits/main").body == "[]");
  CHECK(hub.ask("HEAD", kFiles + "main/a").header("x-error-code") == "EntryNotFound");
}

TEST_CASE("what clients call unasked is answered", "[serve][hub_read]") {
  TestHub hub;
  const json harnesses = json::parse(hub.ask("GET", "/api/agent-harnesses").body);
  CHECK(harnesses.at("standardEnvVars").is_array());
  CHECK(harnesses.at("harnesses").is_object());
  CHECK(hub.ask("HEAD", "/api/telemetry/transformers/x").status == 200);
}

TEST_CASE("pages of other origins may use the hub with a token", "[serve][hub_read]") {
  TestHub hub;
  const auto asked = hub.ask("OPTIONS", kApi, "", "",
                             {"Origin: https://page.example", "Access-Control-Request-Method: GET",
                              "Access-Control-Request-Headers: authorization"});
  CHECK(asked.status == 204);
  CHECK(asked.header("access-control-allow-origin") == "*");
  CHECK_THAT(asked.header("access-control-allow-headers"), Catch::Contains("Authorization"));
  const auto refused = hub.ask("GET", kApi, "hf_wrong", "", {"Origin: https://page.example"});
  CHECK(refused.status == 401);
  CHECK(refused.header("access-control-allow-origin") == "*");
  CHECK_THAT(refused.header("access-control-expose-headers"), Catch::Contains("X-Error-Code"));
  // Nobody's credentials, and signatures where none is looked at, open nothing.
  for (const std::string& path :
       {kApi + "?signature=00", kApi + "/xet-read-token/info/lfs/objects/x?signature=00",
        kApi + "/xet-read-token/info/lfs/objects/" + std::string(64, '0') + "?signature=00",
        std::string("/admin/model.git/info/lfs/objects/batch?signature=00")}) {
    INFO(path);
    const auto stranger = hub.ask("GET", path, "", "", {"Origin: https://page.example"});
    CHECK(stranger.header("access-control-allow-origin").empty());
  }
  const auto nobody =
      hub.ask("GET", kApi, "", "", {"Origin: https://page.example", "Authorization: Basic Og=="});
  CHECK(nobody.header("access-control-allow-origin").empty());
  const auto link =
      hub.ask("GET", "/admin/model.git/info/lfs/objects/" + std::string(64, '0') + "?signature=00",
              "", "", {"Origin: https://page.example"});
  CHECK(link.status == 403);
  CHECK(link.header("access-control-allow-origin") == "*");
  CHECK(hub.ask("GET", "/health").header("access-control-allow-origin").empty());
}

}  // namespace
}  // namespace mhub
