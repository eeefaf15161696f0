#pragma once
// Bringing another commit into the branch: by moving forward, or by a merge commit.

#include <mhub/repo/object_id.hpp>
#include <mhub/sync/exchange.hpp>

namespace mhub::sync {

struct Theirs {
  repo::ObjectId commit;
  std::string label;   ///< for messages and conflict markers
  std::string action;  ///< for the reflog: "pull", "merge topic"
  std::string remote;  ///< asked first for data; may be empty
};

/// Fills outcome, head, conflicts and checkout of `report`.
void merge_commit(Workspace& workspace, const Connections& connections, const Theirs& theirs,
                  const MergeOptions& options, PullReport& report, const Tools& tools);

}  // namespace mhub::sync
