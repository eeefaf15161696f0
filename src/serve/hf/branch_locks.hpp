#pragma once

#include <array>
#include <cstdint>
#include <mutex>

namespace mhub::serve {

/// Commits of one repository that this process makes take turns, so that each is made once and not
/// again and again on what another has just moved. What keeps references right is the comparison
/// under git's own lock, since pushes come from other processes.
class BranchLocks {
public:
  std::mutex& of(std::int64_t repo) {
    return mutexes_[static_cast<std::uint64_t>(repo) % mutexes_.size()];
  }

private:
  std::array<std::mutex, 64> mutexes_;
};

}  // namespace mhub::serve
