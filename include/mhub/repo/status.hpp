#pragma once
// What differs between HEAD, the index and the work tree.

#include <functional>
#include <string>
#include <vector>

#include <mhub/base/progress.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/work_tree.hpp>

namespace mhub::repo {

/// The blob id of the pointer that stands for the large working file at `path` (relative to the
/// work tree) with stat `stat`. Called only if stat data does not settle it; may hash the file, or
/// know the answer from a cache. Working files that are themselves pointers never reach it.
using CleanLargeFile = std::function<ObjectId(const std::string& path, const FileStat& stat)>;

/// One path that differs between index and work tree.
struct WorkChange {
  ChangeKind kind = ChangeKind::modified;  ///< modified, deleted, type_changed, or added (-N)
  std::string path;
  FileMode index_mode = FileMode::none;
  FileMode work_mode = FileMode::none;
  ObjectId index_id;
  bool is_large = false;             ///< filter=lfs
  std::uint64_t size_bytes = 0;      ///< of the working file
  std::uint64_t old_size_bytes = 0;  ///< of the content in the index
};

/// A file whose stat data changed although its content did not.
struct Refreshed {
  IndexEntry entry;
  FileStat stat;
  bool is_large = false;
};

struct Status {
  std::vector<TreeChange> staged;
  std::vector<WorkChange> unstaged;
  std::vector<std::string> untracked;
  std::vector<IndexConflict> conflicts;
  std::vector<Refreshed> refreshed;
  bool is_clean() const {
    return staged.empty() && unstaged.empty() && untracked.empty() && conflicts.empty();
  }
};

struct StatusOptions {
  PathSet paths;
  UntrackedMode untracked = UntrackedMode::normal;
  bool staged = true;
  bool unstaged = true;
  bool detect_renames = true;
};

/// Compares by stat data first; only where that does not settle it is a file read: small ones here,
/// a large one by `clean`. Without `clean` a large file with other stat data counts as modified.
Status read_status(Repository& repository, const StatusOptions& options = {},
                   const CleanLargeFile& clean = {}, const StopToken& stop = never_stopped());

/// Writes the new stat data of `status.refreshed` into the index if its lock is free; otherwise
/// does nothing. Call it after read_status() so that the next one reads nothing again.
void write_refreshed(Repository& repository, const Status& status);

/// The blob id that `git add` would give the working file at `path`, for a file that is not large:
/// line ends converted by the attributes, a symlink's target. With `write` the blob is written too.
ObjectId hash_working_file(Repository& repository, const std::string& path, const FileStat& stat,
                           bool write);

/// Changes between HEAD and `index`.
std::vector<TreeChange> diff_tree_to_index(Repository& repository,
                                           const std::optional<ObjectId>& tree, const Index& index,
                                           const DiffOptions& options = {});

/// The git mode that a working file with `stat` has; `old_mode` counts where core.fileMode is off.
/// none for what git does not store (sockets, devices).
FileMode mode_of(Repository& repository, const FileStat& stat, FileMode old_mode);

}  // namespace mhub::repo
