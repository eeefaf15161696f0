#include "backoff.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

namespace mhub::remote {
namespace {

constexpr std::uint32_t kMaxWaitMs = 20'000;
constexpr std::chrono::milliseconds kPoll{50};

}  // namespace

bool Backoff::again(const StopToken& stop) {
  if (tries_ >= max_tries_) return false;
  ++tries_;
  thread_local std::mt19937 engine{std::random_device{}()};
  const auto wait = std::uniform_int_distribution<std::uint32_t>(wait_ms_ / 2, wait_ms_)(engine);
  wait_ms_ = std::min(wait_ms_ * 2, kMaxWaitMs);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait);
  while (std::chrono::steady_clock::now() < until) {
    stop.check();
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

}  // namespace mhub::remote
