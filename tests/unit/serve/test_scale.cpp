// What a hub does without bound on nobody's account: long histories, large answers, long queues.

#include <algorithm>
#include <map>
#include <semaphore>

#include <fmt/format.h>

#include "catalog/catalog.hpp"
#include "catalog/schema.hpp"
#include "catalog/uploads.hpp"
#include "catalog/webhooks.hpp"
#include "content.hpp"
#include "git/repacker.hpp"
#include "hf/history_cache.hpp"
#include "hf/known_conflicts.hpp"
#include "hub.hpp"
#include "hub_writer.hpp"
#include "router.hpp"

namespace mhub::serve {
namespace {

using test::TemporaryFolder;
using test::TestHub;

/// A bare repository beside no hub.
class BareRepo {
public:
  repo::Repository open() const { return repo::Repository::open(path()); }
  std::filesystem::path path() const { return folder_ / "r.git"; }

  repo::ObjectId commit(const std::vector<repo::ObjectId>& parents, const std::string& text) {
    const auto blob = repo::write_blob(git_, as_bytes(text));
    repo::NewCommit commit;
    commit.tree = repo::edit_tree(git_, std::nullopt, {{"file", repo::FileMode::regular, blob}});
    commit.parents = parents;
    commit.author = commit.committer = {"A", "a@example.org", 1000 + ++made_, 0};
    commit.message = text;
    const auto id = repo::write_commit(git_, commit);
    git_.flush_objects();
    return id;
  }
  void lose(const repo::ObjectId& id) const {
    const std::string hex = id.hex();
    REQUIRE(std::filesystem::remove(path() / "objects" / hex.substr(0, 2) / hex.substr(2)));
  }

private:
  TemporaryFolder folder_;
  repo::Repository git_ = repo::Repository::init(path(), {true, "main"});
  int made_ = 0;
};

TEST_CASE("a long history is walked to its end once", "[serve][scale]") {
  BareRepo repo;
  std::vector<repo::ObjectId> ids{repo.commit({}, "0")};
  for (int i = 1; i < 5; ++i) ids.push_back(repo.commit({ids.back()}, std::to_string(i)));
  HistoryCache cache(2);
  {
    auto git = repo.open();
    const auto page = cache.page(git, ids[4], 1, 3);
    CHECK(page.commits == std::vector{ids[3], ids[2], ids[1]});
    CHECK(page.total == 5);
  }
  repo.lose(ids[0]);
  auto git = repo.open();
  CHECK(cache.page(git, ids[4], 0, 2).commits == std::vector{ids[4], ids[3]});
  const auto beyond = cache.page(git, ids[4], 2, 1);
  CHECK(beyond.commits == std::vector{ids[2]});
  CHECK(beyond.total == 5);
  const auto after = cache.page(git, ids[4], 5, 2);
  CHECK(after.commits.empty());
  CHECK(after.total == 5);
  CHECK_THROWS_AS(cache.page(git, ids[3], 0, 1), Error);
}

TEST_CASE("where two commits conflict is worked out once", "[serve][scale]") {
  BareRepo repo;
  const auto base = repo.commit({}, "base");
  const auto ours = repo.commit({base}, "ours");
  const auto theirs = repo.commit({base}, "theirs");
  KnownConflicts known;
  auto git = repo.open();
  CHECK(known.between(git, ours, theirs) == std::vector<std::string>{"file"});
  CHECK(known.between(git, ours, base).empty());
  BareRepo empty;
  auto other = empty.open();
  CHECK(known.between(other, ours, theirs) == std::vector<std::string>{"file"});
  CHECK(known.between(other, ours, base).empty());
  CHECK_THROWS_AS(known.between(other, theirs, ours), Error);
}

/// A hub that listens nowhere.
struct QuietHub {
  TemporaryFolder folder;
  std::shared_ptr<Database> database = open_catalog_database(folder / "catalog.db");
  Hub hub{options(), database, store::Store::open(folder / "store")};

  ServeOptions options() const {
    ServeOptions made;
    made.data_folder = folder.path();
    made.durable = false;
    made.workers = 6;
    return made;
  }
};

TEST_CASE("files are summed and listed by the catalog", "[serve][scale]") {
  const TemporaryFolder folder;
  const auto catalog = open_sqlite_catalog(folder / "catalog.db");
  const auto repo =
      catalog->create_repo(*wire::parse_repo_id("a/b", wire::RepoType::model), false, {});
  const auto other =
      catalog->create_repo(*wire::parse_repo_id("a/c", wire::RepoType::model), false, {});
  CHECK(catalog->count_file_bytes(repo.id) == 0);
  CHECK(catalog->list_files(repo.id, std::nullopt, 10).empty());
  std::vector<RepoFile> files;
  for (std::uint64_t i = 1; i <= 5; ++i)
    files.push_back({sha256_of(as_bytes(std::to_string(i))), i, {}});
  files.push_back({sha256_of(as_bytes("")), 0, {}});
  catalog->add_files(repo.id, files, {});
  catalog->add_files(other.id, {files[0]}, {});
  CHECK(catalog->count_file_bytes(repo.id) == 15);
  CHECK(catalog->count_file_bytes(other.id) == 1);

  files.pop_back();  // an empty one is not listed
  std::sort(files.begin(), files.end(),
            [](const RepoFile& a, const RepoFile& b) { return a.sha256.bytes < b.sha256.bytes; });
  std::vector<std::string> listed;
  std::optional<Sha256> after;
  for (auto page = catalog->list_files(repo.id, after, 2); !page.empty();
       page = catalog->list_files(repo.id, after, 2)) {
    CHECK(page.size() <= 2);
    for (const HeldFile& held : page) {
      listed.push_back(held.file.sha256.hex());
      CHECK(held.added_unix_s > 0);
    }
    after = page.back().file.sha256;
  }
  REQUIRE(listed.size() == files.size());
  for (std::size_t i = 0; i < files.size(); ++i) CHECK(listed[i] == files[i].sha256.hex());
}

TEST_CASE("a xorb and its sender are noted at one stroke", "[serve][scale]") {
  const TemporaryFolder folder;
  const auto database = open_catalog_database(folder / "catalog.db");
  const auto catalog = sqlite_catalog(database);
  const auto uploads = sqlite_uploads(database);
  const auto user = catalog->create_user("ada", false);
  const auto repo =
      catalog->create_repo(*wire::parse_repo_id("a/b", wire::RepoType::model), true, {});
  const xet::XorbHash xorb{};
  catalog->add_xorb(repo.id, xorb, std::nullopt);
  CHECK(catalog->find_grant({}, repo.id, xorb)->whole);
  CHECK_FALSE(uploads->has(user.id, xorb));
  catalog->add_xorb(repo.id, xorb, user.id);
  CHECK(uploads->has(user.id, xorb));

  // A sender who is gone: nothing of it is noted.
  const auto second =
      catalog->create_repo(*wire::parse_repo_id("b/b", wire::RepoType::model), true, {});
  CHECK_THROWS_AS(catalog->add_xorb(second.id, xorb, user.id + 1), Error);
  CHECK_FALSE(catalog->find_grant({}, second.id, xorb));
}

TEST_CASE("what waits for webhooks is bounded by its bytes", "[serve][scale][webhooks]") {
  const TemporaryFolder folder;
  const auto database = open_catalog_database(folder / "catalog.db");
  const auto user = sqlite_catalog(database)->create_user("ada", false);
  const auto table = sqlite_webhooks(database);
  Webhook webhook;
  webhook.user_id = user.id;
  webhook.url = "http://hooks.example/";
  const std::string quarter(kQueuedBytesOfWebhook / 4, 'x');
  const auto first = table->add(webhook)->id;
  const auto second = table->add(webhook)->id;
  for (int i = 0; i < 3; ++i) CHECK(table->enqueue(first, quarter));
  CHECK_FALSE(table->enqueue(first, quarter + "x"));
  CHECK(table->enqueue(first, quarter));
  CHECK_FALSE(table->enqueue(first, "x"));
  CHECK(table->enqueue(second, "x"));
  const auto due = table->take_due(1, 1000, 1);
  REQUIRE(due.size() == 1);
  table->drop(due[0].id);
  CHECK(table->enqueue(first, quarter));
  // All webhooks together.
  const auto claim = [&](std::uint64_t bytes) {
    test::run_sql(folder / "catalog.db",
                  fmt::format("UPDATE webhook_deliveries SET bytes={} WHERE id=(SELECT max(id) "
                              "FROM webhook_deliveries)",
                              bytes));
  };
  claim(kQueuedBytesInAll);
  CHECK_FALSE(table->enqueue(second, "x"));
  claim(1);
  CHECK(table->enqueue(second, "x"));
}

TEST_CASE("a repository that cannot be packed holds up no other", "[serve][scale][repacker]") {
  std::vector<std::int64_t> tried;
  FdWatch watch;
  Repacker repacker(watch, [&](std::int64_t repo) -> std::filesystem::path {
    tried.push_back(repo);
    throw Error(ErrorKind::not_found, "repository {} is gone", repo);
  });
  // Nothing runs before git is known.
  repacker.note(1, 100000);
  repacker.note(2, 100000);
  CHECK(tried.empty());
  GitSetup git;
  git.program = "/usr/bin/git";
  repacker.set_git(git);
  repacker.note(3, 100000);
  CHECK(tried == std::vector<std::int64_t>{1, 2, 3});
}

std::shared_ptr<Request> request_from(const std::string& peer, const std::string& path) {
  auto request = std::make_shared<Request>();
  request->method = Method::get;
  request->method_text = "GET";
  request->path = path;
  request->peer = peer;
  return request;
}

/// One request, and how often it was woken.
struct Asking {
  std::unique_ptr<BodySink> sink;
  std::shared_ptr<std::counting_semaphore<>> woken = std::make_shared<std::counting_semaphore<>>(0);

  std::optional<Response> look() {
    return sink->finish([woken = woken] { woken->release(); });
  }
  Response wait() {
    for (auto answer = look();; answer = look()) {
      if (answer) return std::move(*answer);
      woken->acquire();
    }
  }
};

TEST_CASE("one caller's long walks leave places to others", "[serve][scale]") {
  std::counting_semaphore<> started(0);
  std::map<std::string, std::counting_semaphore<>> may_end;
  may_end.try_emplace("greedy", 0);
  may_end.try_emplace("other", 0);
  QuietHub quiet;
  Route route;
  route.pattern = "/walk/{what}";
  route.run = Run::worker;
  route.is_long = [](const Call& call) { return call.words[0] == "long"; };
  route.handle = [&](Call& call) {
    started.release();
    may_end.at(call.request->peer).acquire();
    return text_response(200, "done");
  };
  const Router router(std::vector<Route>{route});
  const auto ask = [&](const std::string& peer, const std::string& path) {
    Asking asking;
    asking.sink = dispatch(quiet.hub, router, request_from(peer, path));
    CHECK_FALSE(asking.look());
    return asking;
  };
  Asking first = ask("greedy", "/walk/long");
  Asking second = ask("greedy", "/walk/long");
  started.acquire();
  started.acquire();
  Asking third = ask("greedy", "/walk/long");
  Asking other = ask("other", "/walk/long");
  Asking brief = ask("greedy", "/walk/short");
  started.acquire();
  started.acquire();
  CHECK_FALSE(started.try_acquire());
  may_end.at("greedy").release(4);
  may_end.at("other").release();
  for (Asking* asking : {&first, &second, &brief, &other, &third})
    CHECK(std::get<std::string>(asking->wait().body) == "done");
  CHECK(started.try_acquire());
}

TEST_CASE("a preflight's body is not read for ever", "[serve][scale]") {
  QuietHub quiet;
  auto request = request_from("x", "/api/models");
  request->method = Method::other;
  request->method_text = "OPTIONS";
  request->headers.emplace_back("Access-Control-Request-Method", "GET");
  const Router router(std::vector<Route>{});
  const auto sink = dispatch(quiet.hub, router, request);
  const Bytes bytes(1 << 20);
  CHECK(sink->write(bytes, {}) == bytes.size());
  CHECK_THROWS_AS(sink->write(ByteView(bytes).first(1), {}), Refused);
}

TEST_CASE("large answers take up a part of one budget", "[serve][scale]") {
  QuietHub quiet;
  ByteBudget& budget = quiet.hub.blob_budget;
  constexpr std::uint64_t kAll = std::uint64_t{256} << 20;
  auto all = budget.take(kAll);
  REQUIRE(all);
  Response small = text_response(200, std::string(kSmallAnswerBytes, 'x'));
  hold_large_text(quiet.hub, small);
  CHECK(std::holds_alternative<std::string>(small.body));
  const auto large = [] { return text_response(200, std::string(kSmallAnswerBytes + 1, 'x')); };
  Response refused = large();
  CHECK_THROWS_AS(hold_large_text(quiet.hub, refused), Refused);
  all.reset();
  {
    Response held = large();
    hold_large_text(quiet.hub, held);
    CHECK(held.stream_bytes == kSmallAnswerBytes + 1);
    CHECK_FALSE(std::holds_alternative<std::string>(held.body));
    CHECK_FALSE(budget.take(kAll));
  }
  CHECK(budget.take(kAll));
}

TEST_CASE("a description of many files comes whole", "[serve][scale]") {
  constexpr int kFiles = 2000;
  TestHub hub;
  test::HubWriter writer(hub, hub.make_repo("team/m"));
  std::string lines = test::header_line("many");
  for (int i = 0; i < kFiles; ++i)
    lines += test::file_line("folder/" + std::to_string(i), std::to_string(i));
  writer.commit_id(lines);
  const auto answer = hub.ask("GET", "/api/models/team/m?blobs=true");
  REQUIRE(answer.status == 200);
  REQUIRE(answer.body.size() > kSmallAnswerBytes);
  CHECK(answer.header("content-length") == std::to_string(answer.body.size()));
  const auto json = nlohmann::json::parse(answer.body);
  CHECK(json.at("siblings").size() >= kFiles);
  CHECK(json.at("siblings").back().contains("size"));
  const auto listed = nlohmann::json::parse(hub.ask("GET", "/api/models?full=true").body);
  CHECK(listed.at(0).at("siblings").size() == json.at("siblings").size());
}

}  // namespace
}  // namespace mhub::serve
