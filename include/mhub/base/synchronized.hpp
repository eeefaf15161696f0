#pragma once
// A value that can be reached only under its own lock.

#include <mutex>
#include <utility>

namespace mhub {

template <class T>
class Synchronized {
public:
  template <class... Args>
  explicit Synchronized(Args&&... args) : value_(std::forward<Args>(args)...) {}

  /// Calls `use` with the value while holding the lock. `use` must not call back into it.
  template <class Use>
  decltype(auto) with(Use&& use) {
    const std::lock_guard guard(mutex_);
    return std::forward<Use>(use)(value_);
  }
  template <class Use>
  decltype(auto) with(Use&& use) const {
    const std::lock_guard guard(mutex_);
    return std::forward<Use>(use)(value_);
  }

private:
  mutable std::mutex mutex_;
  T value_;
};

}  // namespace mhub
