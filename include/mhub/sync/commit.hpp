#pragma once
// `mhub commit`: the index becomes a commit, and the branch moves to it.

#include <mhub/repo/repository.hpp>
#include <mhub/sync/workspace.hpp>

namespace mhub::sync {

struct CommitOptions {
  /// Empty: the message of the merge that is going on, or with `amend` that of the old commit.
  std::string message;
  bool amend = false;        ///< replace HEAD's commit
  bool allow_empty = false;  ///< commit a tree that is its parent's
  /// Who wrote it; name, email and zone from git config where not set. With `amend` the old
  /// commit's author stays unless set.
  std::optional<repo::Signature> author;
  std::optional<repo::Signature> committer;
};

struct CommitReport {
  /// Empty if there was nothing to commit.
  std::string id;
  std::string branch;  ///< empty when detached
  std::string summary;
  bool is_root = false;   ///< without a parent
  bool is_merge = false;  ///< with more than one
  std::size_t changed_files = 0;
};

/// Commits the index as it is (staging is stage()'s). Throws Error: conflict (unmerged paths, or
/// the branch moved meanwhile), config (no identity), usage (no message; amend without a commit).
CommitReport commit(Workspace& workspace, const CommitOptions& options, const Tools& tools);

}  // namespace mhub::sync
