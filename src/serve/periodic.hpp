#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace mhub::serve {

/// Does something again and again on a thread of its own. Destroying it waits for the run that goes
/// on, if any.
class Periodic {
public:
  /// `task` must not throw.
  Periodic(std::chrono::milliseconds interval, std::function<void()> task);
  ~Periodic() { stop(); }
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

  /// The next run is now.
  void wake();
  void stop();

private:
  void run();
  const std::chrono::milliseconds interval_;
  const std::function<void()> task_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_due_ = false;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace mhub::serve
