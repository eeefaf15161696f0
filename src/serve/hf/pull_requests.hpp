#pragma once
// The git side of pull requests: their references, what they change, and merging them.
//
// refs/pr/N is moved like a branch, by pushes too; discussions learn of new commits afterwards, by
// comparing it with the head that they told of last. So nothing is missed when somebody is stopped
// between the two.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <mhub/repo/objects.hpp>
#include <mhub/repo/repository.hpp>

#include "catalog/discussions.hpp"
#include "hf/changes.hpp"
#include "hf/known_conflicts.hpp"
#include "router.hpp"

namespace mhub::serve {

/// "refs/pr/3".
std::string pull_request_ref(std::int64_t number);
/// The number in such a name; nothing for another name.
std::optional<std::int64_t> pull_request_number(std::string_view ref);

/// Tells `pull`'s discussion of commits that its reference has got since. `who` sent them, if that
/// is known.
void tell_of_commits(Discussions& discussions, repo::Repository& git, const Discussion& pull,
                     std::optional<std::int64_t> who);

/// The same once the commits stand: trouble is logged alone, for a second try of the caller's would
/// commit again. Whoever looks at the pull request next is told.
void try_to_tell_of_commits(Discussions& discussions, repo::Repository& git, const Discussion& pull,
                            std::optional<std::int64_t> who);

/// Writes down a discussion, or with `head` a pull request whose reference begins there, under the
/// next number. `discussion` says everything but repository, number and author. The caller holds
/// the repository's branch lock. Throws Error: conflict (no room).
Discussion open_discussion(const Call& call, repo::Repository& git, Discussion discussion,
                           const std::string& text, const std::optional<repo::ObjectId>& head);

/// The pull request that `revision` ("refs/pr/3") names; nothing for other revisions. Throws
/// Refused: 404 RevisionNotFound, 409 if it is closed or merged.
std::optional<Discussion> find_open_pull_request(const Call& call, std::string_view revision);

/// What Access::repo_commit and Access::repo_push ask for. Throw Refused 401 or 403.
void require_may_commit(const Call& call);
void require_may_push(const Call& call);

/// What it proposes now.
wire::PullRequestState describe_pull_request(repo::Repository& git, const Discussion& pull,
                                             bool with_diff, KnownConflicts& known);

/// Moves the target to a commit that has the proposal's: the proposal's own if it follows the
/// target's, else one that merges both. The caller holds the repository's branch lock. Returns
/// `pull` with base and merge commit, and adds what moved to `changes`. Throws Refused 409: nothing
/// to merge, conflicts, no target.
Discussion merge_pull_request(const Call& call, repo::Repository& git, Discussion pull,
                              std::vector<RefChange>& changes);

}  // namespace mhub::serve
