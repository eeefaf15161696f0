#pragma once
// Waits between tries of something larger than one HTTP request.

#include <cstdint>

#include <mhub/base/progress.hpp>

namespace mhub::remote {

/// Counts tries and waits longer before each, with jitter.
class Backoff {
public:
  explicit Backoff(unsigned max_tries, std::uint32_t first_wait_ms = 500)
      : max_tries_(max_tries), wait_ms_(first_wait_ms) {}

  /// False if no try is left; else waits, polling `stop`. Throws Error: interrupted.
  bool again(const StopToken& stop);

private:
  unsigned max_tries_;
  unsigned tries_ = 1;
  std::uint32_t wait_ms_;
};

}  // namespace mhub::remote
