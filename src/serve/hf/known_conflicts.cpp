#include "hf/known_conflicts.hpp"

#include <mhub/repo/merge.hpp>

namespace mhub::serve {

namespace {
constexpr std::size_t kConflictsTold = 1000;
/// Longer ones are worked out each time.
constexpr std::size_t kBytesKept = 64 << 10;
}  // namespace

std::vector<std::string> KnownConflicts::between(repo::Repository& git, const repo::ObjectId& ours,
                                                 const repo::ObjectId& theirs) {
  const std::pair key{ours, theirs};
  if (const auto known = known_.find(key)) return *known;
  auto paths = repo::conflicting_paths(git, ours, theirs, kConflictsTold);
  std::size_t bytes = 0;
  for (const std::string& path : paths) bytes += path.size();
  if (bytes <= kBytesKept)
    known_.keep(key, std::make_shared<const std::vector<std::string>>(paths));
  return paths;
}

}  // namespace mhub::serve
