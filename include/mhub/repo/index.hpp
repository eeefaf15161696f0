#pragma once
// git's index: which blob each path of the next commit has, and what stat said of the working file
// when it was last known to hold just that content.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/file_system.hpp>
#include <mhub/repo/object_id.hpp>
#include <mhub/repo/repository.hpp>

namespace mhub::repo {

/// The stat data of an index entry, as git stores it: 32 bits each, the size truncated.
struct IndexStat {
  std::uint32_t ctime_s = 0, ctime_ns = 0;
  std::uint32_t mtime_s = 0, mtime_ns = 0;
  std::uint32_t device = 0, inode = 0, uid = 0, gid = 0;
  std::uint32_t size = 0;
  bool operator==(const IndexStat&) const = default;
};

struct IndexEntry {
  std::string path;
  FileMode mode = FileMode::none;
  ObjectId id;
  int stage = 0;  ///< 0, or in a conflict: 1 base, 2 ours, 3 theirs
  IndexStat stat;
  bool assume_unchanged = false;
  bool skip_worktree = false;
  bool intent_to_add = false;
};

/// One conflicted path; a side that has no such file is empty.
struct IndexConflict {
  std::string path;
  std::optional<PathEntry> base, ours, theirs;
};

/// A copy of the index in memory. An object made by lock() holds git's own index.lock, so that no
/// other program changes the index until write() or the destructor lets go of it. One thread.
class Index {
public:
  /// The index as it is now; an empty one if there is none yet. Cannot be written.
  static Index read(Repository& repository);
  /// The index, to be changed and written. Throws Error: busy if another process still holds
  /// index.lock after `patience`.
  static Index lock(Repository& repository,
                    std::chrono::milliseconds patience = std::chrono::milliseconds(3000));
  /// An empty index that belongs to no file, to compute trees with.
  static Index in_memory(Repository& repository);

  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  ~Index();

  std::size_t size() const;
  /// All entries, in order of path, then stage.
  void for_each(const std::function<void(const IndexEntry&)>& visit) const;
  std::vector<IndexEntry> entries() const;
  std::optional<IndexEntry> find(std::string_view path, int stage = 0) const;
  /// True if an entry lies below folder `path`.
  bool has_folder(std::string_view path) const;
  bool has_conflicts() const;
  std::vector<IndexConflict> conflicts() const;

  /// True if `stat` (what lstat says now, with `uid` and `gid` not compared) is what `entry`
  /// records, and the index was written long enough after the file that a later change would show.
  /// Then the working file holds the entry's content and need not be read.
  bool is_unchanged(const IndexEntry& entry, const FileStat& stat) const;

  /// Sets `path` to blob `id`, which holds the working file's content. `stat` must have been taken
  /// before the content was read, or just after it was written; if the file is no longer the same
  /// now, the entry is marked so that it is looked at again. Any conflict at `path` is resolved;
  /// files in the way ("a" and "a/b") leave the index.
  void set_file(const std::string& path, FileMode mode, const ObjectId& id, const FileStat& stat);
  /// The same for a large file: `pointer_id` is its pointer's blob, `stat` that of the large
  /// working file. write() sees to it that neither git nor mhub reads the file again to compare it.
  void set_large_file(const std::string& path, FileMode mode, const ObjectId& pointer_id,
                      const FileStat& stat);
  /// Sets `path` without any knowledge of the working file; it will be compared by content.
  void set_unverified(const std::string& path, FileMode mode, const ObjectId& id);
  /// Records a conflict (stages 1 to 3) in place of the entry.
  void set_conflict(const IndexConflict& conflict);
  /// Removes all stages; false if there was none.
  bool remove(const std::string& path);
  /// Makes the index exactly `tree`, keeping stat data of entries that do not change.
  void read_tree(const std::optional<ObjectId>& tree);

  /// Writes the tree objects of the whole index. Throws Error: conflict if there are conflicts.
  ObjectId write_tree();

  /// Writes the file, atomically, and lets the lock go.
  ///
  /// git counts a file as possibly changed if its mtime lies in the second in which the index was
  /// written, or later, and would then run the whole file through its filter. For large files set
  /// by set_file() in this very second, and if `settle` is set, write() therefore first waits for
  /// that second to end (under 1.1 s in all) and then checks that they are still the same.
  void write(bool settle = true);

  struct State;
  State& state() { return *state_; }
  const State& state() const { return *state_; }

private:
  explicit Index(std::unique_ptr<State> state);
  void set(const std::string& path, FileMode mode, const ObjectId& id, const FileStat& stat,
           bool is_large);
  /// Marks entries whose file may have changed without stat showing it, given that the index file's
  /// time is about to change.
  void mark_doubtful();
  std::unique_ptr<State> state_;
};

/// Sets `file`'s mtime two seconds back, for files that mhub itself has just made: the index can
/// then be written at once and git still trusts it (any later change moves the mtime forward).
/// Returns what stat says afterwards. Throws Error: io.
FileStat backdate(File& file);

}  // namespace mhub::repo
