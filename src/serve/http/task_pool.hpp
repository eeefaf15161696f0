#pragma once
// Threads for the work that event loops hand on. Unlike a pool for computing, posting never blocks
// and is allowed at any time, also from its own tasks and while it stops: what comes too late is
// dropped, its client being gone.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mhub::serve {

class TaskPool {
public:
  explicit TaskPool(unsigned threads);
  ~TaskPool() { stop(); }
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  /// `task` must not throw.
  void post(std::function<void()> task);
  /// Drops what is waiting and returns when no task runs any more.
  void stop();

private:
  void run();
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace mhub::serve
