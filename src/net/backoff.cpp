#include <algorithm>
#include <chrono>
#include <thread>

#include <mhub/net/backoff.hpp>

#include "retry_policy.hpp"

namespace mhub::net {

void pause(std::uint64_t wait_ms, const StopToken& stop) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::milliseconds(wait_ms);
  while (Clock::now() < until) {
    stop.check();
    std::this_thread::sleep_for(
        std::min<Clock::duration>(std::chrono::milliseconds(50), until - Clock::now()));
  }
}

bool Backoff::again(const StopToken& stop) {
  if (tries_ >= max_tries_) return false;
  pause(backoff_ms(first_wait_ms_, tries_ - 1, dice()), stop);
  ++tries_;
  return true;
}

}  // namespace mhub::net
