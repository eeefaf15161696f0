#pragma once
// `mhub diff` and the changes that `mhub show` lists: names and sizes, the content's size for large
// files and not the pointer's.

#include <mhub/repo/objects.hpp>
#include <mhub/sync/status.hpp>

namespace mhub::sync {

struct FileDiff {
  std::string path;
  std::string old_path;  ///< of a rename, else empty
  Change change = Change::modified;
  bool large = false;
  std::optional<std::uint64_t> old_size_bytes;  ///< nothing where there was no file
  std::optional<std::uint64_t> new_size_bytes;  ///< nothing where there is none now
  std::optional<Sha256> old_sha256;             ///< of large files
  std::optional<Sha256> new_sha256;             ///< of large files that are in git
};

/// Work tree against index. Paths from the root; empty means all.
std::vector<FileDiff> diff_unstaged(Workspace& workspace, const std::vector<std::string>& paths,
                                    const Tools& tools);
/// Index against `revision`; HEAD (or nothing, while it is unborn) if empty.
std::vector<FileDiff> diff_staged(Workspace& workspace, const std::string& revision,
                                  const std::vector<std::string>& paths, const Tools& tools);
/// Work tree against `revision`: what diff_staged and diff_unstaged find, one entry a path.
std::vector<FileDiff> diff_revision_to_work_tree(Workspace& workspace, const std::string& revision,
                                                 const std::vector<std::string>& paths,
                                                 const Tools& tools);
/// From one tree to another; nothing stands for the empty tree. Needs no store.
std::vector<FileDiff> diff_trees(repo::Repository& repository,
                                 const std::optional<repo::ObjectId>& from,
                                 const std::optional<repo::ObjectId>& to,
                                 const std::vector<std::string>& paths);

}  // namespace mhub::sync
