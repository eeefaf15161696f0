#pragma once
// `mhub add`: files of the work tree become index entries; large ones go through the chunk store
// and leave a pointer.

#include <mhub/store/ingest.hpp>
#include <mhub/sync/workspace.hpp>

namespace mhub::sync {

/// An untracked file above this size is tracked as large without being asked.
inline constexpr std::uint64_t kAutoTrackBytes = std::uint64_t{10} << 20;
/// As above for files that hold a NUL byte in their first 8000 bytes (git's test for binary).
inline constexpr std::uint64_t kAutoTrackBinaryBytes = std::uint64_t{1} << 20;

struct StageOptions {
  /// Paths relative to the repository's root, or absolute; folders mean all below. Deleted files
  /// named here are staged as deletions.
  std::vector<std::filesystem::path> paths;
  bool all = false;     ///< every change in the work tree (`add -A`)
  bool update = false;  ///< only files that are tracked already (`add -u`, `commit -a`)
  bool force = false;   ///< ignored files too
  bool dry_run = false;
};

struct StagedFile {
  std::string path;  ///< from the root, '/' between segments
  std::uint64_t size_bytes = 0;
  bool large = false;  ///< went through the chunk store
  bool removed = false;
  std::optional<Sha256> sha256 = {};  ///< of large files
};

struct StageReport {
  std::vector<StagedFile> files;           ///< what changed in the index
  std::vector<std::string> newly_tracked;  ///< patterns added to .gitattributes
  store::IngestTotals ingest;
};

/// Throws Error: not_found (a path matches nothing), conflict (a file changed while it was read),
/// io, busy (index.lock), interrupted. What was ingested before a failure stays in the store, so
/// the next run goes on from there; the index is written once, at the end.
StageReport stage(Workspace& workspace, const StageOptions& options, const Tools& tools);

/// The pattern that `mhub add` tracks a file by: "*.ext", or the path itself without an
/// extension or with one that holds glob characters.
std::string tracking_pattern(std::string_view path);

}  // namespace mhub::sync
