#pragma once
// What all routes of a running hub share.

#include <filesystem>
#include <memory>
#include <string>

#include <mhub/base/synchronized.hpp>
#include <mhub/serve/server.hpp>
#include <mhub/store/store.hpp>

#include "auth.hpp"
#include "cas/early_digests.hpp"
#include "catalog/access_requests.hpp"
#include "catalog/catalog.hpp"
#include "catalog/discussions.hpp"
#include "catalog/facts.hpp"
#include "catalog/likes.hpp"
#include "catalog/organisations.hpp"
#include "catalog/uploads.hpp"
#include "catalog/webhooks.hpp"
#include "data_folder.hpp"
#include "downloads.hpp"
#include "git/repacker.hpp"
#include "hf/branch_locks.hpp"
#include "hf/history_cache.hpp"
#include "hf/known_conflicts.hpp"
#include "hf/lfs_paths.hpp"
#include "hf/repo_facts.hpp"
#include "http/byte_budget.hpp"
#include "http/fd_watch.hpp"
#include "http/gate.hpp"
#include "http/streams.hpp"
#include "http/task_pool.hpp"
#include "shared_blocks.hpp"
#include "webhooks/sender.hpp"

namespace mhub::serve {

/// The key under which deduplication answers hide chunk hashes; made anew once a day.
struct DedupKey {
  xet::HmacKey key;
  std::int64_t made_unix_s = 0;
};

struct Hub {
  Hub(ServeOptions o, const std::shared_ptr<sqlite::Database>& database,
      std::unique_ptr<store::Store> s);
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  ServeOptions options;
  DataFolder folder;
  std::unique_ptr<Catalog> catalog;
  std::unique_ptr<Uploads> uploads;
  std::unique_ptr<RepoFactsTable> facts;
  std::unique_ptr<LikesTable> likes;
  std::unique_ptr<WebhooksTable> webhooks;
  std::unique_ptr<Organisations> organisations;
  std::unique_ptr<AccessRequests> access_requests;
  std::unique_ptr<Discussions> discussions;
  std::unique_ptr<store::Store> store;
  Signer signer;
  std::string git_program;  ///< absolute
  Gate git_gate;            ///< requests with a git child
  Gate ingest_gate;         ///< LFS objects being ingested
  Gate large_shard_gate;    ///< shards above kLargeShardBytes in memory
  Gate body_gate;           ///< other large bodies in memory, of callers that are known
  Gate stranger_gate;       ///< the same, of callers that are not
  ByteBudget blob_budget;   ///< git blobs and other large answers while they are sent
  Gate commit_gate;         ///< commits made over HTTP
  Gate walk_gate;           ///< requests that walk whole trees and histories
  BranchLocks branch_locks;
  Synchronized<DedupKey> dedup_key;
  DownloadCounter downloads;
  SharedBlocks shared_blocks;  ///< of files that are being sent
  HistoryCache histories;
  LfsPaths lfs_paths;
  KnownConflicts conflicts;
  StopToken stopping;
  EarlyDigests early_digests;
  Repacker repacker;  ///< used by callbacks of `watch`, so it goes after that
  FdWatch watch;
  WebhookSender webhook_sender;
  // Last, so that tasks end before what they use.
  TaskPool workers;
  TaskPool slow_workers;
  TaskPool verifiers;  ///< shards: minutes for a large file, in nobody else's way

  FactsPlace facts_place();
  Spawn worker_spawn();
  Spawn slow_spawn();
  Spawn verifier_spawn();
};

}  // namespace mhub::serve
