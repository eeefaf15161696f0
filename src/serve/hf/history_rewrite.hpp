#pragma once
// Taking large files out of a repository's whole history.

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include <mhub/base/progress.hpp>
#include <mhub/base/sha256.hpp>
#include <mhub/repo/objects.hpp>

namespace mhub::serve {

/// A reference that now leads to rewritten commits.
struct RewrittenRef {
  std::string ref;
  repo::ObjectId before;
  repo::ObjectId after;
};

/// Makes every reference lead to a history in which no commit has a pointer to one of `files`.
/// Commits keep authors, times, messages and shape; those before the first that changes keep their
/// ids, others lose signatures. Annotated tags are written anew. References are moved one by one,
/// each only if nobody else has moved it meanwhile: throws Error: busy then, with those before it
/// moved. Otherwise throws as reading and writing git does, and interrupted.
std::vector<RewrittenRef> remove_files_from_history(repo::Repository& git,
                                                    const std::unordered_set<Sha256>& files,
                                                    const StopToken& stop);

}  // namespace mhub::serve
