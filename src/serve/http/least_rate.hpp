#pragma once
// Clients that hardly move. What a request may hold (a place in a gate, a git child) is not for
// them: a body that comes, or an answer that goes, more slowly than a least rate over the whole of
// a window is cut off.

#include <chrono>
#include <cstdint>

namespace mhub::serve {

struct LeastRate {
  std::chrono::seconds window;
  std::uint64_t bytes;  ///< to be moved in each window
};
inline constexpr LeastRate kLeastIn{std::chrono::seconds(60), 60 << 10};
/// Answers are handed over in blocks, which a short window would take for a standstill.
inline constexpr LeastRate kLeastOut{std::chrono::seconds(600), 600 << 10};

/// Watches one request. Not for several threads.
class PaceWatch {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// To be called often. `least` is null while it is not the client that is waited for, which
  /// starts a new window; `moved_bytes` counts from the beginning.
  bool is_too_slow(const LeastRate* least, std::uint64_t moved_bytes, Time now) {
    if (least == nullptr) {
      is_running_ = false;
      return false;
    }
    if (!is_running_ || moved_bytes - moved_before_ >= least->bytes) {
      is_running_ = true;
      start_ = now;
      moved_before_ = moved_bytes;
      return false;
    }
    return now - start_ >= least->window;
  }

private:
  bool is_running_ = false;
  Time start_{};
  std::uint64_t moved_before_ = 0;
};

}  // namespace mhub::serve
