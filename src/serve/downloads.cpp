#include "downloads.hpp"

#include <functional>
#include <string>

namespace mhub::serve {

namespace {
constexpr std::chrono::minutes kGeneration{30};
constexpr std::size_t kCallersRemembered = 100000;
}  // namespace

void DownloadCounter::note(std::int64_t repo, std::string_view holder, Clock::time_point now) {
  const std::uint64_t caller =
      std::hash<std::string>{}(std::to_string(repo).append(" ").append(holder));
  const std::lock_guard guard(mutex_);
  const auto age = now - generation_began_;
  if (age > kGeneration || seen_.size() >= kCallersRemembered) {
    seen_before_ = std::move(seen_);
    seen_ = {};
    // Nobody came for so long that the last generation is too old as well.
    if (age > 2 * kGeneration) seen_before_.clear();
    generation_began_ = now;
  }
  // Whoever is known from before is not remembered anew, or would never count again.
  if (!seen_before_.contains(caller) && seen_.insert(caller).second) ++counts_[repo];
}

void DownloadCounter::flush(RepoFactsTable& table) {
  std::unordered_map<std::int64_t, std::uint64_t> counts;
  {
    const std::lock_guard guard(mutex_);
    counts.swap(counts_);
  }
  if (counts.empty()) return;
  try {
    std::vector<DownloadCount> list;
    for (const auto& [repo, count] : counts) list.push_back({repo, count});
    table.add_downloads(list);
  } catch (...) {
    const std::lock_guard guard(mutex_);
    for (const auto& [repo, count] : counts) counts_[repo] += count;
    throw;
  }
}

}  // namespace mhub::serve
