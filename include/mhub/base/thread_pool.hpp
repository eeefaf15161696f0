#pragma once
// A fixed set of threads with a bounded queue of tasks.

#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <vector>

namespace mhub {

/// Threads may share it. Tasks must not wait for other tasks of the same pool.
class ThreadPool {
public:
  /// `threads` 0 means one per core. At most `queue_limit` tasks wait; submit() then blocks. Has
  /// fewer threads where the system starts no more; throws Error: io if it starts none.
  explicit ThreadPool(unsigned threads, std::size_t queue_limit = 64);
  /// Runs what is queued, then joins.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// An exception of the task reaches whoever waits on the future.
  template <class Work>
  auto submit(Work work) -> std::future<std::invoke_result_t<Work>> {
    auto task = std::make_shared<std::packaged_task<std::invoke_result_t<Work>()>>(std::move(work));
    auto result = task->get_future();
    enqueue([task] { (*task)(); });
    return result;
  }

  unsigned size() const;

private:
  void enqueue(std::function<void()> task);
  struct State;
  std::unique_ptr<State> state_;
};

/// Waits for all of `results`, and gives `take` those that did not fail, in order (nothing, for
/// tasks without a result). Then throws the first failure, of a task or of `take`, if there was
/// one.
template <class Result, class Take>
void wait_all(std::vector<std::future<Result>>& results, Take take) {
  std::exception_ptr first;
  for (std::future<Result>& result : results) {
    try {
      if constexpr (std::is_void_v<Result>) {
        result.get();
        take();
      } else {
        take(result.get());
      }
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

inline void wait_all(std::vector<std::future<void>>& results) {
  wait_all(results, [] {});
}

/// Threads to use when the user named none: the cores this process may run on.
unsigned default_jobs();

}  // namespace mhub
