#pragma once
// What differs between HEAD, the index and the work tree, without reading large files that stat
// says are unchanged.

#include <mhub/sync/workspace.hpp>

namespace mhub::sync {

enum class Change { added, modified, deleted, renamed, type_changed, unmerged };

struct StatusEntry {
  std::string path;
  std::string old_path;  ///< of a rename, else empty
  Change change = Change::modified;
  bool large = false;
};

struct StatusReport {
  std::string branch;    ///< empty when detached
  std::string head;      ///< commit id, empty when unborn
  std::string upstream;  ///< "origin/main", or empty
  std::size_t ahead = 0;
  std::size_t behind = 0;
  bool merging = false;
  std::vector<StatusEntry> staged;
  std::vector<StatusEntry> unstaged;
  std::vector<std::string> untracked;  ///< folders end with '/' unless all files were asked for
  std::vector<std::string> unmerged;
  std::vector<std::string> not_present;  ///< large files checked out as pointers
  bool clean() const {
    return staged.empty() && unstaged.empty() && untracked.empty() && unmerged.empty();
  }
};

StatusReport status(Workspace& workspace, const Tools& tools);

/// One tracked large file, for `ls-files`.
struct LargeFile {
  std::string path;
  Sha256 sha256;
  std::uint64_t size_bytes = 0;
  std::optional<xet::FileHash> xet_hash;  ///< nothing if its recipe is not known here
  std::uint64_t chunks = 0;               ///< 0 if not known
  std::uint64_t stored_bytes = 0;         ///< of its chunks in local xorbs, shared ones included
  /// "present": the work tree holds the content; "stored": only the store does; "pointer": neither;
  /// "modified": the work tree holds something else; "missing": deleted from the work tree.
  std::string state;
};
std::vector<LargeFile> list_large_files(Workspace& workspace,
                                        const std::vector<std::string>& paths);

}  // namespace mhub::sync
