#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include <mhub/wire/lfs.hpp>

#include "test_hub.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using test::TestHub;

std::string oid_of(const std::string& content) {
  return sha256_of(as_bytes(content)).hex();
}

json batch(const TestHub& hub, const std::string& repo, const std::string& token,
           const std::string& operation, const std::vector<std::string>& contents,
           std::vector<std::string> transfers = {}) {
  json body = {{"operation", operation}, {"objects", json::array()}};
  if (!transfers.empty()) body["transfers"] = transfers;
  for (const auto& content : contents)
    body["objects"].push_back({{"oid", oid_of(content)}, {"size", content.size()}});
  const auto answer =
      hub.ask("POST", "/" + repo + ".git/info/lfs/objects/batch", token, body.dump(),
              {"Content-Type: application/vnd.git-lfs+json; charset=utf-8"});
  CHECK(answer.header("content-type") == "application/vnd.git-lfs+json");
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return json::parse(answer.body);
}

std::string upload_link(const TestHub& hub, const std::string& repo, const std::string& token,
                        const std::string& content) {
  return batch(hub, repo, token, "upload", {content})
      .at("objects")[0]
      .at("actions")
      .at("upload")
      .at("href");
}

TEST_CASE("an object goes up through its link alone and comes down again", "[serve][lfs]") {
  TestHub hub;
  hub.make_repo("admin/model", true);
  const std::string content = test::noise(3 << 20);
  const json offer = batch(hub, "admin/model", hub.admin_token(), "upload", {content});
  CHECK(offer.at("transfer") == "basic");
  const json& object = offer.at("objects")[0];
  CHECK(object.at("authenticated") == true);
  const std::string link = object.at("actions").at("upload").at("href");
  REQUIRE(hub.ask("PUT", link, "", content).status == 200);
  REQUIRE(hub.ask("PUT", link, "", content).status == 200);  // once more does no harm
  const json verify = {{"oid", oid_of(content)}, {"size", content.size()}};
  const std::string verify_link = object.at("actions").at("verify").at("href");
  CHECK(hub.ask("POST", verify_link, "", verify.dump()).status == 200);
  CHECK(
      hub.ask("POST", "/admin/model.git/info/lfs/objects/verify", hub.admin_token(), verify.dump())
          .status == 200);

  CHECK_FALSE(batch(hub, "admin/model", hub.admin_token(), "upload", {content})
                  .at("objects")[0]
                  .contains("actions"));
  const json down = batch(hub, "admin/model", hub.admin_token(), "download", {content});
  const std::string from = down.at("objects")[0].at("actions").at("download").at("href");
  const auto got = hub.ask("GET", from);
  CHECK(got.status == 200);
  CHECK(got.body == content);
  CHECK(got.header("etag") == "\"" + oid_of(content) + "\"");
  CHECK(got.header("content-length") == std::to_string(content.size()));
  const auto head = hub.ask("HEAD", from);
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == std::to_string(content.size()));
}

TEST_CASE("ranges of an object are served exactly", "[serve][lfs]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string content = test::noise(2500000);
  const std::string path = "/admin/model.git/info/lfs/objects/" + oid_of(content);
  REQUIRE(hub.ask("PUT", path, hub.admin_token(), content).status == 200);
  struct Case {
    std::string range;
    std::size_t first;
    std::size_t size;
  };
  for (const Case& one : {Case{"0-0", 0, 1}, Case{"1000000-1999999", 1000000, 1000000},
                          Case{"2400000-", 2400000, 100000}, Case{"-10", 2499990, 10},
                          Case{"65535-65536", 65535, 2}, Case{"2499999-9999999", 2499999, 1}}) {
    INFO(one.range);
    const auto got = hub.ask("GET", path, "", "", {"Range: bytes=" + one.range});
    CHECK(got.status == 206);
    CHECK(got.body == content.substr(one.first, one.size));
    CHECK(got.header("content-range") ==
          fmt::format("bytes {}-{}/2500000", one.first, one.first + one.size - 1));
  }
  const auto beyond = hub.ask("GET", path, "", "", {"Range: bytes=2500000-"});
  CHECK(beyond.status == 416);
  CHECK(beyond.header("content-range") == "bytes */2500000");
  CHECK(hub.ask("GET", path, "", "", {"Range: bytes=0-9", "If-Range: \"other\""}).status == 200);
}

TEST_CASE("content that is not what it says is refused and leaves nothing", "[serve][lfs]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string content = test::noise(200000);
  const std::string link = upload_link(hub, "admin/model", hub.admin_token(), content);
  std::string wrong = content;
  wrong[100] = static_cast<char>(wrong[100] ^ 1);
  const auto refused = hub.ask("PUT", link, "", wrong);
  CHECK(refused.status == 422);
  CHECK(json::parse(refused.body).contains("message"));
  CHECK(hub.ask("PUT", link, "", content.substr(1)).status == 422);
  CHECK(hub.ask("PUT", link, "", content + "x").status == 422);
  CHECK(hub.ask("GET", "/admin/model.git/info/lfs/objects/" + oid_of(content)).status == 404);
  CHECK(hub.ask("PUT", "/admin/model.git/info/lfs/objects/zz", hub.admin_token(), "x").status ==
        422);
}

TEST_CASE("links are good for what they were made for", "[serve][lfs]") {
  TestHub hub;
  hub.make_repo("admin/model");
  hub.make_repo("admin/other");
  const std::string content = test::noise(1000);
  const std::string link = upload_link(hub, "admin/model", hub.admin_token(), content);
  CHECK(hub.ask("GET", link).status == 403);
  std::string elsewhere = link;
  elsewhere.replace(elsewhere.find("admin/model"), 11, "admin/other");
  CHECK(hub.ask("PUT", elsewhere, "", content).status == 403);
  std::string longer = link;
  longer.replace(longer.find("size=1000"), 9, "size=1001");
  CHECK(hub.ask("PUT", longer, "", content + "x").status == 403);
  CHECK(hub.ask("PUT", link + "0", "", content).status == 403);
  // A bad link is not mended by good credentials.
  CHECK(hub.ask("PUT", link + "0", hub.admin_token(), content).status == 403);
}

TEST_CASE("knowing an object's id opens no other repository", "[serve][lfs]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  const std::string bob = hub.make_user("bob");
  hub.make_repo("alice/secret", true);
  hub.make_repo("alice/open");
  hub.make_repo("bob/mine", true);
  const std::string secret = test::noise(100000);
  const std::string open = test::noise(100000);
  REQUIRE(hub.ask("PUT", upload_link(hub, "alice/secret", alice, secret), "", secret).status ==
          200);
  REQUIRE(hub.ask("PUT", upload_link(hub, "alice/open", alice, open), "", open).status == 200);

  const json down = batch(hub, "bob/mine", bob, "download", {secret});
  CHECK(down.at("objects")[0].at("error").at("code") == 404);
  CHECK(hub.ask("GET", "/bob/mine.git/info/lfs/objects/" + oid_of(secret), bob).status == 404);
  // Bob has to send what he may not read, although the hub has it ...
  const json offer = batch(hub, "bob/mine", bob, "upload", {secret, open});
  CHECK(offer.at("objects")[0].contains("actions"));
  // ... but not what he may read.
  CHECK_FALSE(offer.at("objects")[1].contains("actions"));
  CHECK(hub.ask("GET", "/bob/mine.git/info/lfs/objects/" + oid_of(open), bob).body == open);
  REQUIRE(hub.ask("PUT", offer.at("objects")[0].at("actions").at("upload").at("href"), "", secret)
              .status == 200);
  CHECK(hub.ask("GET", "/bob/mine.git/info/lfs/objects/" + oid_of(secret), bob).body == secret);
  // Of the object's bytes, the second copy stored nothing.
  CHECK(hub.admin().usage().store.files == 2);
}

TEST_CASE("what need not be sent is kept from a garbage collection under way", "[serve][lfs]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  hub.make_repo("alice/one");
  hub.make_repo("alice/two");
  const std::string content = test::noise(200000);
  const std::string path = "/alice/two.git/info/lfs/objects/" + oid_of(content);
  REQUIRE(hub.ask("PUT", upload_link(hub, "alice/one", alice, content), "", content).status == 200);
  SECTION("told so") {
    hub.age_store();
    CHECK_FALSE(
        batch(hub, "alice/two", alice, "upload", {content}).at("objects")[0].contains("actions"));
  }
  SECTION("listed already") {
    batch(hub, "alice/two", alice, "upload", {content});
    hub.age_store();
    batch(hub, "alice/two", alice, "upload", {content});
  }
  SECTION("sent all the same") {
    hub.age_store();
    REQUIRE(hub.ask("PUT", path, alice, content).status == 200);
  }
  hub.collect_unlisted();
  CHECK(hub.ask("GET", path).body == content);
}

TEST_CASE("an object that the hub lost is asked for again", "[serve][lfs]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string content = test::noise(200000);
  const std::string path = "/admin/model.git/info/lfs/objects/" + oid_of(content);
  REQUIRE(hub.ask("PUT", path, hub.admin_token(), content).status == 200);
  for (const auto& file : std::filesystem::recursive_directory_iterator(hub.options().data_folder /
                                                                        "store" / "xorbs")) {
    if (!file.is_regular_file()) continue;
    std::filesystem::permissions(file.path(), std::filesystem::perms::owner_all);
    std::fstream(file.path()) << "damage";
  }
  const auto found = hub.admin().check(silent_progress(), never_stopped());
  REQUIRE(found.store.damaged.size() == 1);
  CHECK(hub.admin().drop_damaged(found) == 1);
  REQUIRE(hub.ask("PUT", upload_link(hub, "admin/model", hub.admin_token(), content), "", content)
              .status == 200);
  CHECK(hub.ask("GET", path).body == content);
  CHECK(hub.admin().check(silent_progress(), never_stopped()).clean());
}

TEST_CASE("a recipe does not tell what others have", "[serve][lfs]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  const std::string bob = hub.make_user("bob");
  hub.make_repo("alice/secret", true);
  hub.make_repo("alice/other", true);
  hub.make_repo("bob/mine");
  const std::string secret = test::noise(500000);
  REQUIRE(hub.ask("PUT", upload_link(hub, "alice/secret", alice, secret), "", secret).status ==
          200);
  const auto stored = [&] { return hub.admin().usage().store.xorbs_local; };
  const auto put = [&](const std::string& repo, const std::string& token, char end) {
    const std::string content = secret + end;
    REQUIRE(hub.ask("PUT", "/" + repo + ".git/info/lfs/objects/" + oid_of(content), token, content)
                .status == 200);
    return hub.admin().usage().store.chunks;
  };
  REQUIRE(stored() == 1);
  const auto before = hub.admin().usage().store.chunks;
  // Alice refers to what she has; Bob's file is made of chunks of his own.
  const auto after_alice = put("alice/other", alice, 'a');
  CHECK(after_alice <= before + 1);
  const auto after_bob = put("bob/mine", bob, 'b');
  CHECK(after_bob >= after_alice + before);
}

TEST_CASE("transfers are chosen from what the client lists", "[serve][lfs]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string content = test::noise(100000);
  const json up = batch(hub, "admin/model", hub.admin_token(), "upload", {content},
                        {"basic", "multipart", "xet"});
  CHECK(up.at("transfer") == "xet");
  const json& action = up.at("objects")[0].at("actions").at("upload");
  CHECK(action.at("header").at("X-Xet-Cas-Url") == hub.url());
  CHECK(hub.ask("GET", action.at("href"), hub.admin_token()).status == 200);
  REQUIRE(hub.ask("PUT", upload_link(hub, "admin/model", hub.admin_token(), content), "", content)
              .status == 200);
  CHECK(batch(hub, "admin/model", "", "download", {content}, {"basic", "xet"}).at("transfer") ==
        "basic");
  const json down = batch(hub, "admin/model", "", "download", {content}, {"basic", "mhub-xet"});
  CHECK(down.at("transfer") == "mhub-xet");
  const json& header = down.at("objects")[0].at("actions").at("download").at("header");
  CHECK(header.at("X-Xet-Hash").get<std::string>().size() == 64);
}

TEST_CASE("an empty object can be stored and read", "[serve][lfs]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string path = "/admin/model.git/info/lfs/objects/" + oid_of("");
  REQUIRE(hub.ask("PUT", path, hub.admin_token(), "").status == 200);
  const auto got = hub.ask("GET", path);
  CHECK(got.status == 200);
  CHECK(got.body.empty());
}

TEST_CASE("a batch of too many objects asks for smaller ones", "[serve][lfs]") {
  TestHub hub;
  hub.make_repo("admin/model");
  wire::LfsBatchRequest request;
  request.operation = wire::LfsOperation::download;
  request.objects.assign(wire::kLfsBatchMaxObjects, {sha256_of(as_bytes("x")), 1});
  const std::string path = "/admin/model.git/info/lfs/objects/batch";
  CHECK(hub.ask("POST", path, hub.admin_token(), wire::to_json(request)).status == 200);
  request.objects.push_back(request.objects.front());
  CHECK(hub.ask("POST", path, hub.admin_token(), wire::to_json(request)).status == 413);
}

TEST_CASE("a batch has room for 2000 objects and not for much more", "[serve][lfs]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string path = "/admin/model.git/info/lfs/objects/batch";
  json body = {{"operation", "download"}, {"objects", json::array()}};
  for (int i = 0; i < 2000; ++i)
    body["objects"].push_back(
        {{"oid", oid_of(std::to_string(i))}, {"size", std::uint64_t{1} << 40}});
  CHECK(hub.ask("POST", path, "", body.dump()).status == 200);
  CHECK(hub.ask("POST", path, "", body.dump() + std::string(1 << 20, ' ')).status == 413);
}

TEST_CASE("malformed and oversized LFS requests get LFS answers", "[serve][lfs]") {
  TestHub hub([](serve::ServeOptions& options) { options.limits.json_body_bytes = 10000; });
  hub.make_repo("admin/model");
  const std::string path = "/admin/model.git/info/lfs/objects/batch";
  for (const auto& [body, status] : std::vector<std::pair<std::string, long>>{
           {"", 422}, {"{}", 422}, {"[]", 422}, {std::string(20000, ' '), 413}}) {
    const auto answer = hub.ask("POST", path, hub.admin_token(), body);
    CHECK(answer.status == status);
    CHECK(answer.header("content-type") == "application/vnd.git-lfs+json");
    CHECK(json::parse(answer.body).contains("message"));
  }
  for (const char* locks : {"/locks", "/locks/verify", "/locks/5/unlock"}) {
    const auto answer =
        hub.ask("POST", std::string("/admin/model.git/info/lfs") + locks, hub.admin_token(), "{}");
    CHECK(answer.status == 404);
    CHECK(json::parse(answer.body).contains("message"));
  }
  const auto anonymous = hub.ask("POST", path, "", R"({"operation":"upload","objects":[]})");
  CHECK(anonymous.status == 401);
  CHECK(anonymous.header("lfs-authenticate") == "Basic realm=\"mhub\"");
}

}  // namespace
}  // namespace mhub
