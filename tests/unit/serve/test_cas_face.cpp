#include <map>

#include <nlohmann/json.hpp>

#include <mhub/wire/reconstruction.hpp>

#include "prepared_file.hpp"
#include "test_hub.hpp"

namespace mhub {
namespace {

using nlohmann::json;
using test::TestHub;

using test::Prepared;

std::string cas_token(const TestHub& hub, const std::string& repo, const std::string& kind,
                      const std::string& token) {
  const auto answer = hub.ask("GET", "/api/models/" + repo + "/xet-" + kind + "-token/main", token);
  REQUIRE(answer.status == 200);
  return json::parse(answer.body).at("accessToken");
}

std::string text(ByteView bytes) {
  return std::string(as_text(bytes));
}

/// Last line of a progress answer.
json last_line(const std::string& body) {
  const auto end = body.find_last_not_of('\n');
  const auto start = body.rfind('\n', end);
  return json::parse(body.substr(start == std::string::npos ? 0 : start + 1));
}

/// Fetches and decodes what a reconstruction names.
Bytes assemble(const TestHub& hub, const wire::Reconstruction& plan, bool all_at_once) {
  std::map<std::pair<std::size_t, std::size_t>, std::string> fetched;
  if (!all_at_once) {
    for (std::size_t f = 0; f < plan.fetches.size(); ++f) {
      for (std::size_t r = 0; r < plan.fetches[f].ranges.size(); ++r) {
        const auto& bytes = plan.fetches[f].ranges[r].bytes;
        const auto got = hub.ask("GET", plan.fetches[f].url, "", "",
                                 {fmt::format("Range: bytes={}-{}", bytes.first, bytes.last)});
        REQUIRE(got.status == 206);
        REQUIRE(got.body.size() == bytes.size_bytes());
        fetched[{f, r}] = got.body;
      }
    }
  }
  Bytes out;
  const auto places = wire::place_terms(plan);
  for (std::size_t t = 0; t < plan.terms.size(); ++t) {
    const auto& range = plan.fetches[places[t].fetch].ranges[places[t].range];
    xet::RecordReader reader(as_bytes(fetched[{places[t].fetch, places[t].range}]));
    for (std::uint32_t chunk = range.chunks.start; chunk < plan.terms[t].chunks.end; ++chunk) {
      const auto record = reader.next();
      REQUIRE(record);
      if (chunk < plan.terms[t].chunks.start) continue;
      Bytes decoded;
      xet::decode_record(*record, decoded);
      append(out, decoded);
    }
  }
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(plan.offset_into_first_range));
  return out;
}

TEST_CASE("a file goes up as xorb and shard and comes back by reconstruction", "[serve][cas]") {
  TestHub hub;
  hub.make_repo("admin/model", true);
  const Prepared file(test::noise_bytes(1500000));
  const std::string writing = cas_token(hub, "admin/model", "write", hub.admin_token());
  const std::string reading = cas_token(hub, "admin/model", "read", hub.admin_token());

  CHECK(hub.ask("POST", "/v2/shards", writing, file.shard()).status == 400);  // no xorb yet
  auto answer = hub.ask("POST", file.xorb_path(), writing, text(file.xorb));
  REQUIRE(answer.status == 200);
  CHECK(json::parse(answer.body).at("was_inserted") == true);
  answer = hub.ask("POST", file.xorb_path(), writing, text(file.xorb));
  CHECK(json::parse(answer.body).at("was_inserted") == false);
  answer = hub.ask("HEAD", file.xorb_path(), reading);
  CHECK(answer.status == 200);
  CHECK(answer.header("content-length") == std::to_string(file.xorb.size()));

  answer = hub.ask("POST", "/v2/shards", writing, file.shard());
  REQUIRE(answer.status == 200);
  CHECK(answer.header("content-type") == "application/x-ndjson");
  INFO(answer.body);
  CHECK(last_line(answer.body).at("type") == "result");
  answer = hub.ask("POST", "/v1/shards", writing, file.shard());
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body).at("result") == 0);

  const std::string hash = file.file.hash.text();
  for (const char* version : {"v1", "v2"}) {
    answer = hub.ask("GET", fmt::format("/{}/reconstructions/{}", version, hash), reading);
    REQUIRE(answer.status == 200);
    const auto plan = version == std::string("v1") ? wire::parse_reconstruction_v1(answer.body)
                                                   : wire::parse_reconstruction_v2(answer.body);
    CHECK(assemble(hub, plan, false) == file.content);
  }
  answer = hub.ask("HEAD", "/v1/files/" + hash, reading);
  CHECK(answer.header("content-length") == "1500000");

  // The same object by LFS, and a push may now refer to it.
  const auto basic = hub.ask("GET", "/admin/model.git/info/lfs/objects/" + file.file.sha256->hex(),
                             hub.admin_token());
  CHECK(basic.body == text(file.content));
}

TEST_CASE("byte ranges of a file are trimmed to the chunks they touch", "[serve][cas]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const Prepared file(test::noise_bytes(1000000));
  const std::string token = cas_token(hub, "admin/model", "write", hub.admin_token());
  REQUIRE(hub.ask("POST", file.xorb_path(), token, text(file.xorb)).status == 200);
  REQUIRE(hub.ask("POST", "/v1/shards", token, file.shard()).status == 200);
  const std::string path = "/v2/reconstructions/" + file.file.hash.text();
  for (const auto& [first, last] :
       std::vector<std::pair<std::size_t, std::size_t>>{{0, 0},
                                                        {0, 999999},
                                                        {1, 200000},
                                                        {500000, 500000},
                                                        {999999, 999999},
                                                        {123456, 654321}}) {
    INFO(first << "-" << last);
    const auto answer =
        hub.ask("GET", path, token, "", {fmt::format("Range: bytes={}-{}", first, last)});
    REQUIRE(answer.status == 200);
    const auto plan = wire::parse_reconstruction_v2(answer.body);
    CHECK(plan.offset_into_first_range < xet::kChunkMaxBytes);
    Bytes got = assemble(hub, plan, false);
    REQUIRE(got.size() >= last - first + 1);
    CHECK(got.size() < last - first + 1 + xet::kChunkMaxBytes);
    got.resize(last - first + 1);
    CHECK(got == Bytes(file.content.begin() + static_cast<std::ptrdiff_t>(first),
                       file.content.begin() + static_cast<std::ptrdiff_t>(last + 1)));
  }
  CHECK(hub.ask("GET", path, token, "", {"Range: bytes=1000000-"}).status == 416);
  CHECK(hub.ask("GET", path, token, "", {"Range: bytes=5-1"}).status == 400);
  CHECK(hub.ask("GET", "/v2/reconstructions/" + std::string(64, '1'), token).status == 404);
  CHECK(hub.ask("GET", "/v2/reconstructions/" + std::string(64, 'A'), token).status == 400);
  CHECK(hub.ask("GET", "/v2/reconstructions/zz", token).status == 400);
}

TEST_CASE("the empty file is known everywhere", "[serve][cas]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string token = cas_token(hub, "admin/model", "write", hub.admin_token());
  const std::string path = "/v1/reconstructions/" + std::string(64, '0');
  for (const std::string range : {"", "bytes=0-100"}) {
    const auto answer = hub.ask(
        "GET", path, token, "",
        range.empty() ? std::vector<std::string>{} : std::vector<std::string>{"Range: " + range});
    CHECK(answer.status == 200);
    CHECK(json::parse(answer.body).at("terms").empty());
  }
  CHECK(hub.ask("GET", path, token, "", {"Range: bytes=1-"}).status == 416);
  xet::Shard shard;
  xet::ShardFile empty;
  empty.sha256 = sha256_of({});
  shard.files = {empty};
  CHECK(hub.ask("POST", "/v1/shards", token, text(xet::make_upload_shard(shard))).status == 200);
  CHECK(hub.ask("GET", "/admin/model.git/info/lfs/objects/" + empty.sha256->hex()).status == 200);
}

TEST_CASE("a URL for several ranges serves each alone and all together", "[serve][cas]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const Prepared base(test::noise_bytes(1200000));
  REQUIRE(base.chunks.size() > 6);
  const std::string token = cas_token(hub, "admin/model", "write", hub.admin_token());
  REQUIRE(hub.ask("POST", base.xorb_path(), token, text(base.xorb)).status == 200);
  // A file of chunks 0, 2 and 4.
  xet::Shard shard;
  xet::ShardFile file;
  Bytes content;
  std::vector<xet::ChunkRef> chunks;
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < base.chunks.size(); ++i) {
    const xet::ChunkRef& ref = base.chunks[i];
    if (i == 0 || i == 2 || i == 4) {
      file.terms.push_back({base.xorb_hash, i, i + 1, ref.size_bytes});
      file.range_hashes.push_back(xet::hash_range(std::array{ref.hash}));
      chunks.push_back(ref);
      append(content, ByteView(base.content).subspan(at, ref.size_bytes));
    }
    at += ref.size_bytes;
  }
  file.hash = xet::file_hash(chunks);
  file.sha256 = sha256_of(content);
  shard.files = {file};
  REQUIRE(hub.ask("POST", "/v1/shards", token, text(xet::make_upload_shard(shard))).status == 200);

  const auto plan = wire::parse_reconstruction_v2(
      hub.ask("GET", "/v2/reconstructions/" + file.hash.text(), token).body);
  CHECK(assemble(hub, plan, false) == content);
  REQUIRE(plan.fetches.size() == 1);
  const auto& fetch = plan.fetches[0];
  REQUIRE(fetch.ranges.size() == 3);
  std::string list;
  for (const auto& range : fetch.ranges)
    list += fmt::format("{}{}-{}", list.empty() ? "" : ",", range.bytes.first, range.bytes.last);
  const auto all = hub.ask("GET", fetch.url, "", "", {"Range: bytes=" + list});
  REQUIRE(all.status == 206);
  CHECK_THAT(all.header("content-type"), Catch::StartsWith("multipart/byteranges; boundary="));
  CHECK(all.header("content-length") == std::to_string(all.body.size()));
  const std::string boundary = all.header("content-type").substr(31);
  std::size_t from = 0;
  for (const auto& range : fetch.ranges) {
    const std::string heading =
        fmt::format("Content-Range: bytes {}-{}/", range.bytes.first, range.bytes.last);
    const auto head = all.body.find(heading, from);
    REQUIRE(head != std::string::npos);
    const auto body = all.body.find("\r\n\r\n", head) + 4;
    CHECK(all.body.substr(body, range.bytes.size_bytes()) ==
          text(ByteView(base.xorb).subspan(range.bytes.first, range.bytes.size_bytes())));
    from = body + range.bytes.size_bytes();
  }
  CHECK(all.body.substr(from) == "\r\n--" + boundary + "--\r\n");

  const auto status = [&](const std::string& url, const std::string& range) {
    return hub
        .ask("GET", url, "", "",
             range.empty() ? std::vector<std::string>{}
                           : std::vector<std::string>{"Range: bytes=" + range})
        .status;
  };
  CHECK(status(fetch.url, "") == 403);
  CHECK(status(fetch.url, "0-0") == 403);
  CHECK(status(fetch.url, fmt::format("{}-{}", fetch.ranges[0].bytes.first,
                                      fetch.ranges[0].bytes.last + 1)) == 403);
  std::string forged = fetch.url;
  forged.replace(forged.find("ranges=") + 7, 1, "1");
  CHECK(status(forged, list) == 403);
}

TEST_CASE("xorbs that are not what they say are refused", "[serve][cas]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const Prepared file(test::noise_bytes(300000));
  const std::string token = cas_token(hub, "admin/model", "write", hub.admin_token());
  Bytes damaged = file.xorb;
  damaged[damaged.size() / 2] ^= std::byte{1};
  CHECK(hub.ask("POST", file.xorb_path(), token, text(damaged)).status == 400);
  CHECK(hub.ask("POST", file.xorb_path(), token, text(file.xorb).substr(0, 1000)).status == 400);
  CHECK(hub.ask("POST", file.xorb_path(), token, "").status == 400);
  CHECK(hub.ask("POST", file.xorb_path(), token, text(file.xorb) + "tail").status == 400);
  CHECK(
      hub.ask("POST", "/v1/xorbs/default/" + std::string(64, '1'), token, text(file.xorb)).status ==
      400);
  CHECK(hub.ask("POST", "/v1/xorbs/elsewhere/" + file.xorb_hash.text(), token, text(file.xorb))
            .status == 404);
  CHECK(hub.ask("HEAD", file.xorb_path(), token).status == 404);
  CHECK(hub.ask("POST", file.xorb_path(), token, text(file.xorb)).status == 200);
}

TEST_CASE("a shard that lies is refused as a whole", "[serve][cas]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const Prepared file(test::noise_bytes(400000));
  const std::string token = cas_token(hub, "admin/model", "write", hub.admin_token());
  REQUIRE(hub.ask("POST", file.xorb_path(), token, text(file.xorb)).status == 200);
  xet::Shard good;
  good.files = {file.file};
  good.xorbs = {{file.xorb_hash, 0, file.chunks}};
  const auto refused = [&](const char* what, const std::function<void(xet::Shard&)>& change) {
    INFO(what);
    xet::Shard bad = good;
    change(bad);
    const std::string body = text(xet::make_upload_shard(bad));
    const auto v1 = hub.ask("POST", "/v1/shards", token, body);
    CHECK(v1.status == 400);
    const auto v2 = hub.ask("POST", "/v2/shards", token, body);
    CHECK((v2.status == 400 || last_line(v2.body).at("type") == "error"));
    CHECK(hub.ask("GET", "/v1/reconstructions/" + file.file.hash.text(), token).status == 404);
  };
  refused("wrong SHA-256", [](xet::Shard& s) { s.files[0].sha256 = sha256_of({}); });
  refused("wrong file hash", [](xet::Shard& s) { s.files[0].hash.bytes[0] ^= std::byte{1}; });
  refused("wrong range hash",
          [](xet::Shard& s) { s.files[0].range_hashes[0].bytes[3] ^= std::byte{1}; });
  refused("no range hashes", [](xet::Shard& s) { s.files[0].range_hashes.clear(); });
  refused("wrong length", [](xet::Shard& s) { s.files[0].terms[0].size_bytes += 1; });
  refused("beyond the xorb", [](xet::Shard& s) { s.files[0].terms[0].end_chunk += 1; });
  refused("unknown xorb", [](xet::Shard& s) { s.files[0].terms[0].xorb.bytes[0] ^= std::byte{1}; });
  refused("other chunk list", [](xet::Shard& s) { s.xorbs[0].chunks[0].size_bytes += 1; });
  refused("shorter chunk list", [](xet::Shard& s) { s.xorbs[0].chunks.pop_back(); });
  for (const std::string& body :
       {std::string(), std::string("nonsense"), file.shard().substr(0, 200)})
    CHECK(hub.ask("POST", "/v1/shards", token, body).status == 400);
  CHECK(hub.ask("POST", "/v1/shards", token, file.shard()).status == 200);
}

TEST_CASE("of several files in a shard, one lie refuses all", "[serve][cas]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string token = cas_token(hub, "admin/model", "write", hub.admin_token());
  xet::Shard shard;
  // Large ones are hashed in another way than small ones.
  for (const std::size_t size : {300'000, 17 << 20, 200'000, 100'000, 100'001}) {
    const Prepared file(test::noise_bytes(size));
    REQUIRE(hub.ask("POST", file.xorb_path(), token, text(file.xorb)).status == 200);
    shard.files.push_back(file.file);
  }
  const auto send = [&] {
    return hub.ask("POST", "/v1/shards", token, text(xet::make_upload_shard(shard))).status;
  };
  const auto is_there = [&](const xet::ShardFile& file) {
    return hub.ask("GET", "/v1/reconstructions/" + file.hash.text(), token).status == 200;
  };
  for (xet::ShardFile& file : shard.files) {
    const auto right = std::exchange(file.sha256, sha256_of({}));
    CHECK(send() == 400);
    CHECK(std::none_of(shard.files.begin(), shard.files.end(), is_there));
    file.sha256 = right;
  }
  CHECK(send() == 200);
  CHECK(std::all_of(shard.files.begin(), shard.files.end(), is_there));
}

TEST_CASE("a file may be announced before its xorb comes", "[serve][cas]") {
  TestHub hub;
  const std::string token = hub.make_user("ann");
  hub.make_repo("ann/m");
  const std::string write = cas_token(hub, "ann/m", "write", token);
  const std::string read = cas_token(hub, "ann/m", "read", token);
  const Prepared file(test::noise_bytes(std::size_t{17} << 20));
  const std::string path = "/v1/shards/announcement";
  CHECK(hub.ask("POST", path, write, file.shard(false)).status == 202);
  CHECK(hub.ask("POST", path, read, file.shard(false)).status == 403);
  CHECK(hub.ask("POST", path, write, "no shard").status == 400);
  REQUIRE(hub.ask("POST", file.xorb_path(), write, text(file.xorb)).status == 200);

  Prepared lie = file;
  lie.file.sha256 = sha256_of(as_bytes("something else"));
  CHECK(hub.ask("POST", "/v1/shards", write, lie.shard()).status == 400);
  CHECK(hub.ask("POST", "/v1/shards", write, file.shard()).status == 200);
  CHECK(hub.ask("GET", "/v1/reconstructions/" + file.file.hash.text(), read).status == 200);
}

TEST_CASE("nobody builds a file from xorbs that they may not read", "[serve][cas]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  const std::string bob = hub.make_user("bob");
  hub.make_repo("alice/secret", true);
  hub.make_repo("alice/open");
  hub.make_repo("bob/mine", true);
  const Prepared secret(test::noise_bytes(300000));
  const Prepared open(test::noise_bytes(300000));
  const std::string to_secret = cas_token(hub, "alice/secret", "write", alice);
  const std::string to_open = cas_token(hub, "alice/open", "write", alice);
  const std::string to_mine = cas_token(hub, "bob/mine", "write", bob);
  REQUIRE(hub.ask("POST", secret.xorb_path(), to_secret, text(secret.xorb)).status == 200);
  REQUIRE(hub.ask("POST", "/v1/shards", to_secret, secret.shard()).status == 200);
  REQUIRE(hub.ask("POST", open.xorb_path(), to_open, text(open.xorb)).status == 200);
  REQUIRE(hub.ask("POST", "/v1/shards", to_open, open.shard()).status == 200);

  CHECK(hub.ask("HEAD", secret.xorb_path(), to_mine).status == 404);
  CHECK(hub.ask("GET", "/v1/reconstructions/" + secret.file.hash.text(), to_mine).status == 404);
  const auto refused = hub.ask("POST", "/v1/shards", to_mine, secret.shard(false));
  CHECK(refused.status == 400);
  // A xorb that does not exist gets the same answer.
  Prepared nowhere(test::noise_bytes(300000));
  CHECK(hub.ask("POST", "/v1/shards", to_mine, nowhere.shard(false)).body.substr(0, 5) ==
        refused.body.substr(0, 5));
  CHECK(hub.ask("POST", "/v1/shards", to_mine, open.shard(false)).status == 200);
  // Whoever sends the bytes may use them.
  const auto sent = hub.ask("POST", secret.xorb_path(), to_mine, text(secret.xorb));
  REQUIRE(sent.status == 200);
  CHECK(json::parse(sent.body).at("was_inserted") == true);  // not told that the hub had it
  CHECK(hub.ask("POST", "/v1/shards", to_mine, secret.shard(false)).status == 200);
  // A token for one repository does not read another's files, even its owner's.
  CHECK(hub.ask("GET", "/v1/reconstructions/" + secret.file.hash.text(), to_open).status == 404);
}

TEST_CASE("what somebody sent counts as sent when its repository is deleted", "[serve][cas]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  const std::string bob = hub.make_user("bob");
  hub.make_repo("alice/first", true);
  hub.make_repo("alice/second", true);
  hub.make_repo("bob/mine", true);
  const Prepared file(test::noise_bytes(300000));
  const std::string to_first = cas_token(hub, "alice/first", "write", alice);
  REQUIRE(hub.ask("POST", file.xorb_path(), to_first, text(file.xorb)).status == 200);
  REQUIRE(hub.ask("POST", "/v1/shards", to_first, file.shard()).status == 200);
  REQUIRE(hub.ask("DELETE", "/api/repos/delete", alice, R"({"name":"first"})").status == 200);

  const std::string to_mine = cas_token(hub, "bob/mine", "write", bob);
  CHECK(hub.ask("POST", "/v1/shards", to_mine, file.shard(false)).status == 400);
  const std::string limited =
      hub.admin().create_limited_token("alice", "ci", {{"alice/second", true}}, std::nullopt);
  const std::string limited_to_second = cas_token(hub, "alice/second", "write", limited);
  CHECK(hub.ask("POST", "/v1/shards", limited_to_second, file.shard(false)).status == 400);
  const std::string to_second = cas_token(hub, "alice/second", "write", alice);
  CHECK(hub.ask("POST", "/v1/shards", to_second, file.shard(false)).status == 200);
  CHECK(
      hub.ask("GET", "/alice/second.git/info/lfs/objects/" + file.file.sha256->hex(), alice).body ==
      text(file.content));
}

TEST_CASE("part of a xorb may be used by whose files are made of it", "[serve][cas]") {
  TestHub hub;
  const std::string alice = hub.make_user("alice");
  hub.make_repo("alice/secret", true);
  hub.make_repo("alice/open");
  hub.make_repo("admin/mine");
  const std::string bob = hub.make_user("bob");
  hub.make_repo("bob/mine");
  const Prepared whole(test::noise_bytes(900000));
  const std::string to_secret = cas_token(hub, "alice/secret", "write", alice);
  REQUIRE(hub.ask("POST", whole.xorb_path(), to_secret, text(whole.xorb)).status == 200);
  // Alice publishes the first two chunks.
  const auto part = [&](std::uint32_t first, std::uint32_t end) {
    xet::ShardFile file;
    std::vector<xet::ChunkHash> hashes;
    std::vector<xet::ChunkRef> refs(whole.chunks.begin() + first, whole.chunks.begin() + end);
    std::uint32_t size = 0;
    for (const auto& ref : refs) {
      hashes.push_back(ref.hash);
      size += ref.size_bytes;
    }
    file.hash = xet::file_hash(refs);
    file.terms = {{whole.xorb_hash, first, end, size}};
    file.range_hashes = {xet::hash_range(hashes)};
    xet::Shard shard;
    shard.files = {file};
    return text(xet::make_upload_shard(shard));
  };
  const std::string to_open = cas_token(hub, "alice/open", "write", alice);
  REQUIRE(hub.ask("POST", "/v1/shards", to_open, part(0, 2)).status == 200);
  const std::string to_mine = cas_token(hub, "bob/mine", "write", bob);
  CHECK(hub.ask("POST", "/v1/shards", to_mine, part(0, 2)).status == 200);
  CHECK(hub.ask("POST", "/v1/shards", to_mine, part(1, 2)).status == 200);
  CHECK(hub.ask("POST", "/v1/shards", to_mine, part(1, 3)).status == 400);
  CHECK(hub.ask("POST", "/v1/shards", to_mine, part(2, 3)).status == 400);
  // A deduplication answer would list the whole xorb.
  const std::string query = "/v1/chunks/default/" + whole.chunks[0].hash.text();
  CHECK(hub.ask("GET", query, to_mine).status == 404);
  CHECK(hub.ask("GET", query, to_secret).status == 200);
  // Its length tells of the rest too.
  CHECK(hub.ask("HEAD", whole.xorb_path(), to_mine).status == 404);
  CHECK(hub.ask("HEAD", whole.xorb_path(), to_secret).status == 200);
  // Once files that Bob may read are made of all of it, he may know all of it.
  const auto count = static_cast<std::uint32_t>(whole.chunks.size());
  REQUIRE(hub.ask("POST", "/v1/shards", to_open, part(2, count)).status == 200);
  CHECK(hub.ask("GET", query, to_mine).status == 200);
  CHECK(hub.ask("HEAD", whole.xorb_path(), to_mine).status == 200);
}

TEST_CASE("what clients rely on is kept from a garbage collection under way", "[serve][cas]") {
  TestHub hub;
  hub.make_repo("admin/one");
  hub.make_repo("admin/two");
  const Prepared file(test::noise_bytes(300000));
  const std::string to_one = cas_token(hub, "admin/one", "write", hub.admin_token());
  const std::string to_two = cas_token(hub, "admin/two", "write", hub.admin_token());
  REQUIRE(hub.ask("POST", file.xorb_path(), to_one, text(file.xorb)).status == 200);
  SECTION("a xorb that a deduplication answer names") {
    hub.age_store();
    REQUIRE(hub.ask("GET", "/v1/chunks/default/" + file.chunks[0].hash.text(), to_two).status ==
            200);
    hub.collect_unlisted();
    CHECK(hub.ask("HEAD", file.xorb_path(), to_one).status == 200);
  }
  SECTION("a file that comes once more") {
    REQUIRE(hub.ask("POST", "/v1/shards", to_one, file.shard()).status == 200);
    hub.age_store();
    REQUIRE(hub.ask("POST", "/v1/shards", to_two, file.shard(false)).status == 200);
    hub.collect_unlisted();
    CHECK(hub.ask("GET", "/admin/two.git/info/lfs/objects/" + file.file.sha256->hex()).body ==
          text(file.content));
  }
}

TEST_CASE("a shard of more than the hub takes is refused before its content is read",
          "[serve][cas]") {
  TestHub hub([](serve::ServeOptions& options) { options.limits.lfs_object_bytes = 100000; });
  hub.make_repo("admin/model");
  const Prepared file(test::noise_bytes(300000));
  const std::string token = cas_token(hub, "admin/model", "write", hub.admin_token());
  REQUIRE(hub.ask("POST", file.xorb_path(), token, text(file.xorb)).status == 200);
  CHECK(hub.ask("POST", "/v1/shards", token, file.shard()).status == 413);
  CHECK(hub.ask("POST", "/v2/shards", token, file.shard()).status == 413);
}

TEST_CASE("deduplication answers are keyed and for readers alone", "[serve][cas]") {
  TestHub hub;
  const std::string bob = hub.make_user("bob");
  hub.make_repo("admin/secret", true);
  hub.make_repo("bob/mine");
  const Prepared file(test::noise_bytes(500000));
  const std::string token = cas_token(hub, "admin/secret", "write", hub.admin_token());
  REQUIRE(hub.ask("POST", file.xorb_path(), token, text(file.xorb)).status == 200);
  const std::string hash = file.chunks[0].hash.text();
  const auto answer = hub.ask("GET", "/v1/chunks/default-merkledb/" + hash, token);
  REQUIRE(answer.status == 200);
  CHECK(answer.header("content-type") == "application/octet-stream");
  const xet::Shard shard = xet::parse_shard(as_bytes(answer.body));
  REQUIRE(shard.footer);
  CHECK_FALSE(shard.footer->hmac_key.is_zero());
  CHECK(shard.footer->key_expiry_unix_s == shard.footer->created_unix_s + 604800);
  REQUIRE(shard.xorbs.size() == 1);
  REQUIRE(shard.xorbs[0].chunks.size() == file.chunks.size());
  for (std::size_t i = 0; i < file.chunks.size(); ++i) {
    CHECK(shard.xorbs[0].chunks[i].hash ==
          xet::keyed_chunk_hash(shard.footer->hmac_key, file.chunks[i].hash));
  }
  CHECK(hub.ask("GET", "/v1/chunks/default/" + std::string(64, '2'), token).status == 404);
  const std::string other = cas_token(hub, "bob/mine", "write", bob);
  CHECK(hub.ask("GET", "/v1/chunks/default/" + hash, other).status == 404);
}

TEST_CASE("several files are reconstructed in one answer", "[serve][cas]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const Prepared a(test::noise_bytes(200000));
  const Prepared b(test::noise_bytes(200000));
  const std::string token = cas_token(hub, "admin/model", "write", hub.admin_token());
  for (const Prepared* file : {&a, &b}) {
    REQUIRE(hub.ask("POST", file->xorb_path(), token, text(file->xorb)).status == 200);
    REQUIRE(hub.ask("POST", "/v1/shards", token, file->shard()).status == 200);
  }
  const std::string first = a.file.hash.text();
  const std::string second = b.file.hash.text();
  const json body = {{{"prefix", "default"}, {"hash", first}},
                     {{"prefix", "default"}, {"hash", second}},
                     {{"prefix", "default"}, {"hash", first}}};
  for (const auto& answer :
       {hub.ask("POST", "/v1/reconstructions", token, body.dump()),
        hub.ask("GET", "/v1/reconstructions?file_id=" + first + "&file_id=" + second, token)}) {
    REQUIRE(answer.status == 200);
    const json got = json::parse(answer.body);
    CHECK(got.at("files").size() == 2);
    CHECK(got.at("files").at(first)[0].at("hash") == a.xorb_hash.text());
    CHECK(got.at("fetch_info").contains(b.xorb_hash.text()));
  }
  CHECK(hub.ask("GET", "/v1/reconstructions?file_id=" + std::string(64, '5'), token).status == 404);
  CHECK(hub.ask("POST", "/v1/reconstructions", token, "{}").status == 400);
}

}  // namespace
}  // namespace mhub
