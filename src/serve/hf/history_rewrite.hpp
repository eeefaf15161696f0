#pragma once
// Taking large files out of a repository's whole history.

#include <unordered_set>
#include <vector>

#include <mhub/base/progress.hpp>
#include <mhub/base/sha256.hpp>
#include <mhub/repo/objects.hpp>

#include "hf/changes.hpp"

namespace mhub::serve {

/// Makes every reference lead to a history in which no commit has a pointer to one of `files`.
/// Commits keep authors, times, messages and shape; those before the first that changes keep their
/// ids, others lose signatures. Annotated tags are written anew. References are moved one by one,
/// each only if nobody else has moved it meanwhile: throws Error: busy then. Otherwise throws as
/// reading and writing git does, and interrupted. What was moved stands in `moved` either way.
/// Returns about how many objects were written.
std::size_t remove_files_from_history(repo::Repository& git,
                                      const std::unordered_set<Sha256>& files,
                                      const StopToken& stop, std::vector<RefChange>& moved);

}  // namespace mhub::serve
