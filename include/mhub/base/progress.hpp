#pragma once
// How libraries tell what they are doing. They never print; cli decides what a person sees.

#include <atomic>
#include <cstdint>
#include <string_view>

namespace mhub {

/// Threads may share it.
class Progress {
public:
  virtual ~Progress() = default;
  /// A new phase, such as "uploading"; `total_bytes` 0 if unknown. Ends the phase before it.
  virtual void phase(std::string_view name, std::uint64_t total_bytes) = 0;
  /// More work than was announced.
  virtual void grow(std::uint64_t more_bytes) = 0;
  virtual void advance(std::uint64_t done_bytes) = 0;
  /// One line for a person ("retrying in 4 s: hub.example did not answer").
  virtual void note(std::string_view line) = 0;
};

/// Says nothing to anybody.
Progress& silent_progress();

/// A request to stop, seen by all threads; set by Ctrl-C. Long work polls it at least ten times a
/// second.
class StopToken {
public:
  void request_stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }
  bool stop_requested() const noexcept { return stopped_.load(std::memory_order_relaxed); }
  /// Throws Error: interrupted if a stop was asked for.
  void check() const;

private:
  std::atomic<bool> stopped_{false};
};

/// A token nobody stops.
const StopToken& never_stopped();

}  // namespace mhub
