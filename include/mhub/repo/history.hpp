#pragma once
// Questions about a history.

#include <cstdint>
#include <string>
#include <vector>

#include <mhub/base/progress.hpp>
#include <mhub/repo/object_id.hpp>
#include <mhub/repo/repository.hpp>

namespace mhub::repo {

/// Commits that `tip` reaches, itself included, in the order of LogOrder::time, the first `at_most`
/// of them. Reads no further.
std::vector<ObjectId> list_commits(Repository& repository, const ObjectId& tip, std::size_t at_most,
                                   const StopToken& stop = never_stopped());

/// For each of `paths` (files or folders, each of which exists at `tip`) the commit that gave it
/// the content that it has at `tip`, as `git log -1 <path>` finds it: where a parent has the same
/// content, the search goes on there alone. All paths are looked for in one walk. After
/// `commits_at_most` commits it ends, and paths that are left get the commit they were traced to.
std::vector<ObjectId> last_changes(Repository& repository, const ObjectId& tip,
                                   const std::vector<std::string>& paths,
                                   std::uint64_t commits_at_most,
                                   const StopToken& stop = never_stopped());

}  // namespace mhub::repo
