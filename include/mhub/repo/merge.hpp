#pragma once
// Three-way merges, and the files by which git knows that a merge is going on.

#include <optional>
#include <string>
#include <vector>

#include <mhub/repo/index.hpp>
#include <mhub/repo/object_id.hpp>
#include <mhub/repo/repository.hpp>

namespace mhub::repo {

struct MergedFile {
  IndexConflict conflict;
  /// What the working file gets: the text with conflict markers, or for pointers, binary files and
  /// deletions the side that is kept (ours, else theirs). Written as a blob, so that a checkout can
  /// take it; empty if nothing is kept.
  std::optional<PathEntry> working;
};

struct MergeResult {
  /// The merged tree; with conflicts, the tree that the work tree shows (`working` of each file).
  ObjectId tree;
  std::vector<MergedFile> conflicts;
  bool is_clean() const { return conflicts.empty(); }
};

enum class MergeAnalysis { up_to_date, fast_forward, normal, unrelated };
MergeAnalysis analyse_merge(Repository& repository, const ObjectId& ours, const ObjectId& theirs);

/// Merges the commits' trees; several merge bases are merged first, as git does. Writes blobs and
/// trees, touches neither index nor work tree. Large files are never merged by content: changed on
/// both sides is a conflict, ours kept.
MergeResult merge_commits(Repository& repository, const ObjectId& ours, const ObjectId& theirs,
                          const std::string& ours_label, const std::string& theirs_label);
/// Where that would find conflicts, at most `max_count` paths. Nothing is written; what the
/// repository has in memory yet to be written is forgotten.
std::vector<std::string> conflicting_paths(Repository& repository, const ObjectId& ours,
                                           const ObjectId& theirs, std::size_t max_count);

/// Puts the conflicts of `result` into `index` (stages 1 to 3), after a checkout of `result.tree`.
void record_conflicts(Index& index, const MergeResult& result);

/// A merge that waits for its commit.
struct MergeState {
  std::vector<ObjectId> heads;  ///< MERGE_HEAD
  std::string message;          ///< MERGE_MSG
  std::optional<ObjectId> original_head;
  bool no_fast_forward = false;
};
/// Nothing if no merge is going on.
std::optional<MergeState> read_merge_state(Repository& repository);
/// Writes MERGE_HEAD, MERGE_MSG, MERGE_MODE and ORIG_HEAD as git does.
void write_merge_state(Repository& repository, const MergeState& state);
/// After the commit, or for an abort (which also checks ORIG_HEAD's tree out, by checkout.hpp).
void clear_merge_state(Repository& repository);
/// ORIG_HEAD by itself, which git writes before anything that moves HEAD far.
void write_original_head(Repository& repository, const ObjectId& id);
/// Name of another operation in progress ("rebase", "cherry-pick", "revert", "bisect"), or empty.
std::string operation_in_progress(Repository& repository);

}  // namespace mhub::repo
