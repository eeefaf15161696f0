#pragma once
// Which pointer a working file stands for, told from the store's memory of stat data where that is
// enough, and by hashing where it is not.

#include <mhub/repo/status.hpp>
#include <mhub/sync/workspace.hpp>

namespace mhub::sync {

/// Whether a stat taken now would show every later change. A file written in the very tick of the
/// file system's clock in which it was read could change once more without a new time stamp; what
/// was read of such a file is not remembered.
class SeenClock {
public:
  /// Made before reading starts.
  SeenClock();
  bool settles(const FileStat& stat) const { return stat.ctime_ns < start_ns_ - kTickNs; }

private:
  static constexpr std::int64_t kTickNs = 20'000'000;
  std::int64_t start_ns_;
};

/// SHA-256 of the file at `path` whose stat is `stat`: remembered, or read. What was read is
/// remembered. Throws Error: io, conflict (changed while it was read), interrupted.
Sha256 content_hash(store::Store& store, const std::filesystem::path& path, const FileStat& stat,
                    const Tools& tools);

/// For repo::read_status and repo::plan_checkout. The workspace and tools must outlive it.
repo::CleanLargeFile clean_by_store(Workspace& workspace, const Tools& tools);

/// The pointer that the working file itself is (a large file that is not checked out), if it is
/// one.
std::optional<wire::LfsPointer> pointer_in_work_tree(const std::filesystem::path& path,
                                                     const FileStat& stat);

}  // namespace mhub::sync
