#include "hf/history_cache.hpp"

#include <algorithm>

#include <mhub/repo/history.hpp>

namespace mhub::serve {

namespace {

using Ids = std::vector<repo::ObjectId>;

Ids part_of(const Ids& ids, std::size_t first, std::size_t end) {
  first = std::min(first, ids.size());
  end = std::clamp(end, first, ids.size());
  return {ids.begin() + static_cast<std::ptrdiff_t>(first),
          ids.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace

HistoryPage HistoryCache::page(repo::Repository& git, const repo::ObjectId& tip, std::size_t first,
                               std::size_t count, const StopToken& stop) {
  first = std::min(first, kCommitsCounted);
  const std::size_t end = std::min(first + std::min(count, kCommitsCounted), kCommitsCounted);
  auto known = known_.find(tip);
  if (!known) {
    const Ids all = repo::list_commits(git, tip, kCommitsCounted, stop);
    known = std::make_shared<const History>(History{part_of(all, 0, commits_kept_), all.size()});
    known_.keep(tip, known);
    return {part_of(all, first, end), known->total};
  }
  if (end <= known->newest.size() || known->newest.size() == known->total)
    return {part_of(known->newest, first, end), known->total};
  if (first >= known->total) return {{}, known->total};
  return {part_of(repo::list_commits(git, tip, end, stop), first, end), known->total};
}

}  // namespace mhub::serve
