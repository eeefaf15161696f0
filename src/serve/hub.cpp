#include "hub.hpp"

#include <algorithm>

#include <mhub/base/thread_pool.hpp>

namespace mhub::serve {

namespace {
/// Finishing uploads: mostly waiting for the disk.
constexpr unsigned kSlowWorkers = 4;
constexpr unsigned kVerifiers = 4;
constexpr unsigned kLargeShards = 2;
/// Each holds a line of its body and the objects made of it, about 80 MiB at the very most.
constexpr unsigned kCommits = 4;
/// Fewer than the threads of either pool, so that one is left for what is short.
constexpr unsigned kWalks = 3;
constexpr unsigned kLargeBodies = 48;
constexpr unsigned kStrangersBodies = 16;
constexpr std::uint64_t kBlobBytes = std::uint64_t{256} << 20;
}  // namespace

Hub::Hub(ServeOptions o, const std::shared_ptr<sqlite::Database>& database,
         std::unique_ptr<store::Store> s)
    : options(std::move(o)),
      folder{options.data_folder},
      catalog(sqlite_catalog(database)),
      uploads(sqlite_uploads(database)),
      facts(sqlite_facts(database)),
      likes(sqlite_likes(database)),
      webhooks(sqlite_webhooks(database)),
      organisations(sqlite_organisations(database)),
      access_requests(sqlite_access_requests(database)),
      discussions(sqlite_discussions(database)),
      store(std::move(s)),
      signer(catalog->master_secret()),
      git_gate(std::max(1U, options.limits.git_processes)),
      ingest_gate(std::max(1U, options.limits.ingests)),
      large_shard_gate(kLargeShards),
      body_gate(kLargeBodies),
      stranger_gate(kStrangersBodies),
      blob_budget(kBlobBytes),
      commit_gate(kCommits),
      walk_gate(kWalks),
      early_digests(*store, verifier_spawn(), stopping),
      repacker(watch, [this](std::int64_t repo) { return folder.repo(repo); }),
      webhook_sender(*webhooks, {.may_reach_private = options.webhooks_may_reach_private,
                                 .first_retry = options.webhook_first_retry}),
      workers(options.workers > 0 ? options.workers : std::max(4U, 2 * default_jobs())),
      slow_workers(kSlowWorkers),
      verifiers(kVerifiers) {}

FactsPlace Hub::facts_place() {
  return {*facts, folder, *catalog, [this]() -> store::Store& { return *store; }};
}

Spawn Hub::worker_spawn() {
  return [this](std::function<void()> task) { workers.post(std::move(task)); };
}

Spawn Hub::slow_spawn() {
  return [this](std::function<void()> task) { slow_workers.post(std::move(task)); };
}

Spawn Hub::verifier_spawn() {
  return [this](std::function<void()> task) { verifiers.post(std::move(task)); };
}

}  // namespace mhub::serve
