#include "hf/history_cache.hpp"

#include <algorithm>

namespace mhub::serve {

HistoryCache::Commits HistoryCache::find(const repo::ObjectId& tip) {
  return kept_.with([&](auto& kept) -> Commits {
    const auto found =
        std::find_if(kept.begin(), kept.end(), [&](const auto& one) { return one.first == tip; });
    if (found == kept.end()) return nullptr;
    kept.splice(kept.begin(), kept, found);
    return found->second;
  });
}

void HistoryCache::keep(const repo::ObjectId& tip, Commits commits) {
  kept_.with([&](auto& kept) {
    kept.emplace_front(tip, std::move(commits));
    if (kept.size() > kHistories) kept.pop_back();
  });
}

}  // namespace mhub::serve
