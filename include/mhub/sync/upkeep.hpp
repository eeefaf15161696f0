#pragma once
// Checking, mending and slimming a working repository.

#include <mhub/store/check.hpp>
#include <mhub/sync/hub.hpp>

namespace mhub::sync {

struct FsckReport {
  store::CheckReport store;
  struct AffectedFile {
    Sha256 sha256;
    std::vector<std::string> paths;    ///< in the commits below
    std::vector<std::string> commits;  ///< at most 20, newest first
  };
  std::vector<AffectedFile> affected;
  /// Pointers in reachable commits whose bytes are neither here nor known to be on a remote.
  std::vector<AffectedFile> lost;
  std::vector<std::string> bad_pointers;       ///< paths tracked as large whose blob is no pointer
  std::vector<std::string> bad_working_files;  ///< marked unchanged, yet not their content
  std::uint64_t working_files = 0;             ///< large ones that are marked unchanged, all read
  std::uint64_t working_bytes = 0;
  bool repaired = false;
  bool clean() const;
};
/// Checks the whole store, and that every large file of every reachable commit can be had. With
/// `repair`, damaged chunks are fetched again from the remotes and working files.
FsckReport fsck(Workspace& workspace, const Connections& connections, bool repair,
                const Tools& tools);

struct PruneOptions {
  bool dry_run = false;
  /// Also drop xorbs of what is still referenced, where a remote is known to hold the files.
  bool pushed = true;
  bool verify_remote = false;  ///< ask the hub again before dropping
  std::chrono::seconds grace{std::chrono::hours{24 * 14}};
};
store::CollectReport prune(Workspace& workspace, const Connections& connections,
                           const PruneOptions& options, const Tools& tools);

struct StatsReport {
  store::StoreTotals store;
  std::uint64_t tracked_files = 0;  ///< large files in the index
  std::uint64_t tracked_bytes = 0;
  std::uint64_t working_disk_bytes = 0;
  std::uint64_t history_files = 0;  ///< distinct large files of all reachable commits
  std::uint64_t history_bytes = 0;
  std::uint64_t unpushed_bytes = 0;  ///< raw bytes in local xorbs that no remote is known to hold
};
StatsReport stats(Workspace& workspace, const Tools& tools);

}  // namespace mhub::sync
