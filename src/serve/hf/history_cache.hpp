#pragma once
// Histories in the order in which they are shown, so that each page of one need not walk it anew.

#include <cstdint>
#include <vector>

#include <mhub/base/progress.hpp>
#include <mhub/repo/object_id.hpp>
#include <mhub/repo/repository.hpp>

#include "hf/recent.hpp"

namespace mhub::serve {

struct HistoryPage {
  std::vector<repo::ObjectId> commits;  ///< newest first
  std::uint64_t total = 0;              ///< of the whole history, kCommitsCounted at most
};

/// The last few that were asked for, by their newest commit, which says all that comes before it.
/// Threads may share it.
class HistoryCache {
public:
  static constexpr std::size_t kCommitsCounted = 1'000'000;
  /// 2 MB of each history.
  static constexpr std::size_t kCommitsKept = 100'000;

  explicit HistoryCache(std::size_t commits_kept = kCommitsKept) : commits_kept_(commits_kept) {}

  /// Up to `count` commits of the history of `tip`, from the `first` one on. A history is walked to
  /// its end once; for pages beyond what is kept of it, it is walked to where they end.
  HistoryPage page(repo::Repository& git, const repo::ObjectId& tip, std::size_t first,
                   std::size_t count, const StopToken& stop = never_stopped());

private:
  static constexpr std::size_t kHistories = 16;
  struct History {
    std::vector<repo::ObjectId> newest;
    std::uint64_t total = 0;
  };
  const std::size_t commits_kept_;
  Recent<repo::ObjectId, History> known_{kHistories};
};

}  // namespace mhub::serve
