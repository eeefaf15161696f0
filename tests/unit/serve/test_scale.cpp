// What a hub does without bound on nobody's account: long histories, large answers, long queues.

#include <algorithm>

#include <fmt/format.h>

#include <mhub/repo/objects.hpp>

#include "catalog/catalog.hpp"
#include "catalog/schema.hpp"
#include "catalog/uploads.hpp"
#include "catalog/webhooks.hpp"
#include "git/repacker.hpp"
#include "hf/history_cache.hpp"
#include "hf/known_conflicts.hpp"
#include "test_hub.hpp"

namespace mhub::serve {
namespace {

using test::TemporaryFolder;

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

TEST_CASE("files are summed and listed by the catalog", "[serve][scale]") {
  const TemporaryFolder folder;
  const auto catalog = open_sqlite_catalog(folder / "catalog.db");
  const auto repo = catalog->create_repo(*wire::parse_repo_id("a/b", wire::RepoType::model), false);
  const auto other =
      catalog->create_repo(*wire::parse_repo_id("a/c", wire::RepoType::model), false);
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
  const auto repo = catalog->create_repo(*wire::parse_repo_id("a/b", wire::RepoType::model), true);
  const xet::XorbHash xorb{};
  catalog->add_xorb(repo.id, xorb, std::nullopt);
  CHECK(catalog->find_grant({}, repo.id, xorb)->whole);
  CHECK_FALSE(uploads->has(user.id, xorb));
  catalog->add_xorb(repo.id, xorb, user.id);
  CHECK(uploads->has(user.id, xorb));

  // A sender who is gone: nothing of it is noted.
  const auto second =
      catalog->create_repo(*wire::parse_repo_id("b/b", wire::RepoType::model), true);
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

}  // namespace
}  // namespace mhub::serve
