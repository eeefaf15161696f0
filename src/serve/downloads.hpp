#pragma once
// How often repositories are downloaded: counted in memory, written down now and then, so that no
// request writes.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "catalog/facts.hpp"

namespace mhub::serve {

inline constexpr std::chrono::seconds kDownloadsWrittenEvery{5};

/// One caller's requests for files of one repository count once in about an hour. Threads may share
/// it. A crash loses what was counted since the last flush().
class DownloadCounter {
public:
  using Clock = std::chrono::steady_clock;
  /// `holder` says who asks (Call::holder).
  void note(std::int64_t repo, std::string_view holder, Clock::time_point now = Clock::now());
  /// Throws Error: io, busy; what was counted is then kept.
  void flush(RepoFactsTable& table);

private:
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::uint64_t> counts_;
  // Callers are remembered in two generations of half an hour, each bounded.
  std::unordered_set<std::uint64_t> seen_;
  std::unordered_set<std::uint64_t> seen_before_;
  Clock::time_point generation_began_ = Clock::now();
};

}  // namespace mhub::serve
