#pragma once
// Histories in the order in which they are shown, so that each page of one need not walk it anew.

#include <list>
#include <memory>
#include <utility>
#include <vector>

#include <mhub/base/synchronized.hpp>
#include <mhub/repo/object_id.hpp>

namespace mhub::serve {

/// The last few that were asked for, by their newest commit, which says all that comes before it.
/// Threads may share it.
class HistoryCache {
public:
  using Commits = std::shared_ptr<const std::vector<repo::ObjectId>>;
  /// Of one history: 2 MB.
  static constexpr std::size_t kCommitsAtMost = 100'000;

  /// Null if it is not known.
  Commits find(const repo::ObjectId& tip);
  /// `commits` are kCommitsAtMost at most.
  void keep(const repo::ObjectId& tip, Commits commits);

private:
  static constexpr std::size_t kHistories = 16;
  /// Those asked for last stand first.
  Synchronized<std::list<std::pair<repo::ObjectId, Commits>>> kept_;
};

}  // namespace mhub::serve
