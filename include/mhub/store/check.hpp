#pragma once
// Finding damage, mending it, and giving back space.

#include <chrono>
#include <unordered_set>

#include <mhub/store/store.hpp>

namespace mhub::store {

struct DamagedXorb {
  xet::XorbHash xorb;
  std::vector<std::uint32_t> chunks;  ///< numbers of the bad ones; none if only the footer is
  std::string reason;
};

struct CheckReport {
  std::uint64_t xorbs_checked = 0;
  std::uint64_t chunks_checked = 0;
  std::uint64_t bytes_checked = 0;  ///< raw
  std::vector<DamagedXorb> damaged;
  std::vector<xet::XorbHash> missing;  ///< indexed as local, file gone
  /// Recipes with a chunk that is damaged or missing and lies whole nowhere else that is known of.
  std::vector<Sha256> files_affected;
  std::vector<std::string>
      index_faults;                 ///< rows that contradict each other, SQLite's own findings
  std::vector<std::string> strays;  ///< files in the store that no row names; harmless
  bool clean() const { return damaged.empty() && missing.empty() && index_faults.empty(); }
};

/// Reads every local xorb, hashes every chunk, checks every recipe (its file hash too where all
/// chunks are known). Throws Error: io, interrupted; damage is a finding, not an exception.
CheckReport check(Store& store, Progress& progress, const StopToken& stop);

/// Replaces damaged and missing xorbs with bytes of `source` (a remote, a working file) or other
/// local copies, and makes chunk rows agree with the xorb tables again. A xorb that cannot be made
/// whole is no longer counted as local (its good chunks move to a new one, and recipes with them),
/// so that adding the file or fetching the xorb again brings back what it lost. Returns a check of
/// what was found before: what it still names could not be mended. An index too broken to open
/// needs rebuild_index() first. Throws Error: io, interrupted, busy (a xorb has to be given up and
/// somebody goes on writing; what could be mended is), and what `source` throws.
CheckReport repair(Store& store, const CheckReport& found, ChunkSource& source, Progress& progress,
                   const StopToken& stop);

/// Makes a fresh index from the xorb files' footers; recipes are lost and come back by `add` or
/// from remotes. The old index.db is kept beside it as index.db.damaged. No Store may have the
/// folder open. Store::open does this by itself where xorbs are found without any index.db. Throws
/// Error: busy if somebody writes there, io.
void rebuild_index(const std::filesystem::path& folder, FileSystem& fs);

struct CollectOptions {
  /// What nothing refers to is kept this long, counted from when it was last written or used.
  std::chrono::seconds grace{std::chrono::hours{24 * 14}};
  /// Xorbs with a smaller live share are repacked.
  double repack_below = 0.5;
  bool dry_run = false;
  /// How long to wait for writers before giving up as busy.
  std::chrono::milliseconds patience{std::chrono::seconds{10}};
};

struct CollectReport {
  std::uint64_t files_dropped = 0;
  std::uint64_t xorbs_dropped = 0;
  std::uint64_t xorbs_repacked = 0;
  /// Why half-dead xorbs were left as they are, if they were: packing takes space before it gives
  /// any back. The dead ones are gone all the same, so the next run may have the space.
  std::string not_repacked;
  std::uint64_t freed_bytes = 0;
};

/// Removes what no live file needs. `live` holds every file that any root reaches. Other processes'
/// writers are waited for briefly. Throws Error: busy if they go on, io, interrupted.
CollectReport collect_garbage(Store& store, const std::unordered_set<Sha256>& live,
                              const CollectOptions& options, Progress& progress,
                              const StopToken& stop);

/// Removes local xorbs that `may_drop` allows (the caller knows which are safe elsewhere); their
/// chunk tables stay known. `may_drop` is called with the store locked alone, so what it reads of
/// the store holds until they are gone. Throws Error: busy if somebody goes on writing, io.
CollectReport drop_xorbs(Store& store, const std::function<bool(const XorbRecord&)>& may_drop,
                         bool dry_run);

}  // namespace mhub::store
