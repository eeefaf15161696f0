// What a hub does without bound on nobody's account: long histories, large answers, long queues.

#include <fmt/format.h>

#include "catalog/catalog.hpp"
#include "catalog/schema.hpp"
#include "catalog/webhooks.hpp"
#include "git/repacker.hpp"
#include "test_hub.hpp"

namespace mhub::serve {
namespace {

using test::TemporaryFolder;

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
