#pragma once
// Waits between tries.

#include <cstdint>

#include <mhub/base/progress.hpp>

namespace mhub::net {

/// Waits, polling `stop`. Throws Error: interrupted.
void pause(std::uint64_t wait_ms, const StopToken& stop);

/// Counts the tries of something larger than one HTTP request, and waits longer before each, with
/// jitter. For one thread.
class Backoff {
public:
  /// `max_tries` counts the first, which has no wait before it.
  explicit Backoff(unsigned max_tries, std::uint32_t first_wait_ms = 500)
      : max_tries_(max_tries), first_wait_ms_(first_wait_ms) {}

  /// False if no try is left; else waits as pause() does.
  bool again(const StopToken& stop);

private:
  unsigned max_tries_;
  unsigned tries_ = 1;
  std::uint32_t first_wait_ms_;
};

}  // namespace mhub::net
