#pragma once
// Bringing the work tree and the index to a tree: first a plan, then its parts. Small files are
// written here; large ones by whoever has their bytes.

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <mhub/base/progress.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/object_id.hpp>
#include <mhub/repo/path_set.hpp>
#include <mhub/repo/status.hpp>
#include <mhub/wire/lfs_pointer.hpp>

namespace mhub::repo {

struct CheckoutFile {
  PathEntry entry;
  /// Set if the file is large: a canonical pointer at a path that has filter=lfs in the target
  /// tree.
  std::optional<wire::LfsPointer> pointer = {};
};

struct CheckoutConflict {
  enum class Why {
    modified,   ///< the working file differs from the index
    staged,     ///< the index differs from where one comes from, and from where one goes
    untracked,  ///< a file that git does not know is in the way
    folder,     ///< untracked files lie where a file must go, or a file where a folder must go
    unmerged,   ///< the path is in conflict
  };
  std::string path;
  Why why = Why::modified;
};

struct CheckoutPlan {
  std::vector<CheckoutFile> small;   ///< blobs, symlinks: apply_small() writes them
  std::vector<CheckoutFile> large;   ///< to be materialised by the caller, then Index::set_file()
  std::vector<std::string> deletes;  ///< working files (and index entries) that go
  std::vector<PathEntry>
      index_only;  ///< index entries that change while the working file already fits
                   ///< or is kept (submodules; a file that holds the target already)
  std::vector<CheckoutConflict> conflicts;  ///< local work in the way; nothing may be done then
  /// What stood at the paths above when they were judged; a path without an entry had no file.
  /// Something else by the time its turn comes is somebody's work, and stays.
  std::unordered_map<std::string, FileStat> before = {};
  std::optional<FileStat> before_of(const std::string& path) const;
  bool is_empty() const {
    return small.empty() && large.empty() && deletes.empty() && index_only.empty();
  }
};

struct CheckoutOptions {
  PathSet paths;  ///< nothing else is touched
  /// Overwrite local changes and untracked files (`restore`, `switch --discard`): no conflicts.
  bool force = false;
  /// Files missing in the work tree are written again although the tree says nothing new about
  /// them.
  bool recreate_missing = false;
};

/// What takes index and work tree from `from` (the tree they are based on; nothing: an empty one)
/// to `to`. Local changes in files that do not differ between both trees are kept, as git does.
/// Large files whose stat data does not settle whether they changed are asked of `clean`. Throws
/// Error: corrupt for a tree with unsafe paths (before anything is written).
CheckoutPlan plan_checkout(Repository& repository, const Index& index,
                           const std::optional<ObjectId>& from, const ObjectId& to,
                           const CheckoutOptions& options = {}, const CleanLargeFile& clean = {},
                           const StopToken& stop = never_stopped());

/// As plan_checkout, for bringing working files to what the index has (`restore` without a source).
/// A path in conflict has no single version there: it is a conflict of the plan, forced or not.
CheckoutPlan plan_restore(Repository& repository, const Index& index,
                          const CheckoutOptions& options = {}, const CleanLargeFile& clean = {},
                          const StopToken& stop = never_stopped());

/// True if nothing, a folder, or the file that `before` describes stands at `file`. Its ctime does
/// not count: it moves also when another name of the same file goes.
bool is_undisturbed(const std::filesystem::path& file, const std::optional<FileStat>& before);
/// Throws Error: conflict if a file came or changed at `path` since `plan` was made.
void require_undisturbed(Repository& repository, const CheckoutPlan& plan, const std::string& path);

/// Does deletes, then small files, then index_only, in the work tree and in `index` (not written:
/// that is the caller's last step, after the large files). May be run again after an interruption.
/// Throws Error: conflict, if a file changed since the plan was made.
void apply_small(Repository& repository, const CheckoutPlan& plan, Index& index,
                 const StopToken& stop = never_stopped());

/// For a large file that is not materialised (`--no-data`): the pointer's text as working file, and
/// the index entry for it.
void write_pointer_file(Repository& repository, const CheckoutFile& file, Index& index);

}  // namespace mhub::repo
