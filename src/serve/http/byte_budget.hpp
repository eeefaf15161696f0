#pragma once
// A bound on memory that answers hold at a time, taken in whatever portions they need.

#include <cstdint>
#include <memory>
#include <mutex>

namespace mhub::serve {

/// Threads may share it. Must outlive what it gave.
class ByteBudget {
public:
  explicit ByteBudget(std::uint64_t bytes) : free_(bytes) {}

  /// Takes up `bytes` as long as the result lives; null if that much is not free.
  std::shared_ptr<void> take(std::uint64_t bytes) {
    const std::lock_guard guard(mutex_);
    if (bytes > free_) return nullptr;
    auto taken = std::make_shared<Taken>(*this, bytes);
    free_ -= bytes;
    return taken;
  }

private:
  struct Taken {
    Taken(ByteBudget& b, std::uint64_t n) : budget(b), bytes(n) {}
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    ~Taken() {
      const std::lock_guard guard(budget.mutex_);
      budget.free_ += bytes;
    }
    ByteBudget& budget;
    std::uint64_t bytes;
  };

  std::mutex mutex_;
  std::uint64_t free_;
};

}  // namespace mhub::serve
