#pragma once
// Where pull requests conflict with their targets: a merge, which is not made again for each look
// at one.

#include <string>
#include <utility>
#include <vector>

#include <mhub/repo/repository.hpp>

#include "hf/recent.hpp"

namespace mhub::serve {

/// Two commits say all that comes of merging them. Threads may share it.
class KnownConflicts {
public:
  /// As repo::conflicting_paths(), up to 1000 paths.
  std::vector<std::string> between(repo::Repository& git, const repo::ObjectId& ours,
                                   const repo::ObjectId& theirs);

private:
  static constexpr std::size_t kMerges = 64;
  Recent<std::pair<repo::ObjectId, repo::ObjectId>, std::vector<std::string>> known_{kMerges};
};

}  // namespace mhub::serve
