#include "hub.hpp"

namespace mhub::serve {

namespace {
/// Each request has at most a few tasks waiting, so that this many are never reached.
constexpr std::size_t kTasksAtMost = std::size_t{1} << 20;
/// Registering shards and finishing uploads: long, mostly waiting for the disk.
constexpr unsigned kSlowWorkers = 4;
constexpr unsigned kLargeShards = 4;
}  // namespace

Hub::Hub(ServeOptions o, std::unique_ptr<Catalog> c, std::unique_ptr<store::Store> s)
    : options(std::move(o)),
      folder{options.data_folder},
      catalog(std::move(c)),
      store(std::move(s)),
      signer(catalog->master_secret()),
      ingest_gate(std::max(1U, options.limits.ingests)),
      large_shard_gate(kLargeShards) {
  const unsigned threads = options.workers > 0 ? options.workers : std::max(4U, 2 * default_jobs());
  workers = std::make_unique<ThreadPool>(threads, kTasksAtMost);
  slow_workers = std::make_unique<ThreadPool>(kSlowWorkers, kTasksAtMost);
}

Spawn Hub::worker_spawn() {
  return [this](std::function<void()> task) { workers->submit(std::move(task)); };
}

Spawn Hub::slow_spawn() {
  return [this](std::function<void()> task) { slow_workers->submit(std::move(task)); };
}

}  // namespace mhub::serve
