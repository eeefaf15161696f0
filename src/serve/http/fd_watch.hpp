#pragma once
// One thread that waits for pipes and timers, so that no other thread has to.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include <sys/types.h>

#include "http/unique_fd.hpp"

namespace mhub::serve {

/// Threads may share it. Callbacks run on its own thread and must be short.
class FdWatch {
public:
  FdWatch();
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  enum class Until { readable, writable };
  /// Calls `then` once, when `descriptor` (not a regular file) can be read or written without
  /// waiting, or its other end is gone. One wait a descriptor at a time.
  void once(int descriptor, Until until, std::function<void()> then);
  /// Ends a wait, if there is one; to be called before the descriptor is closed.
  void forget(int descriptor);

  /// Calls `then` about `delay` from now.
  void later(std::chrono::milliseconds delay, std::function<void()> then);

  /// Collects the exit status of a child process once it ends, calling `then` with it; a child
  /// still there after `patience` is killed together with its process group.
  void reap(pid_t child, std::chrono::milliseconds patience, std::function<void(int status)> then);

private:
  struct Timer {
    std::chrono::steady_clock::time_point due;
    std::function<void()> then;
  };
  struct Child {
    pid_t id;
    std::chrono::steady_clock::time_point kill_at;
    bool killed = false;
    std::function<void(int)> then;
  };
  void run();
  void poke();
  int tick();

  UniqueFd epoll_;
  UniqueFd wake_;
  std::mutex mutex_;
  bool stopping_ = false;
  std::unordered_map<int, std::function<void()>> waits_;
  std::vector<Timer> timers_;
  std::vector<Child> children_;
  std::thread thread_;
};

}  // namespace mhub::serve
