#include <system_error>
#include <thread>
#include <vector>

#include <sched.h>

#include <mhub/base/bounded_queue.hpp>
#include <mhub/base/error.hpp>
#include <mhub/base/thread_pool.hpp>

namespace mhub {

struct ThreadPool::State {
  explicit State(std::size_t queue_limit) : tasks(queue_limit) {}
  BoundedQueue<std::function<void()>> tasks;
  std::vector<std::thread> threads;
};

ThreadPool::ThreadPool(unsigned threads, std::size_t queue_limit)
    : state_(std::make_unique<State>(queue_limit)) {
  if (threads == 0) threads = default_jobs();
  state_->threads.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) {
    try {
      state_->threads.emplace_back([state = state_.get()] {
        while (auto task = state->tasks.pop()) (*task)();
      });
    } catch (const std::system_error& error) {
      // A limit on threads or memory: fewer of them do the same work.
      if (state_->threads.empty()) throw system_error(error.code().value(), "start a thread");
      break;
    }
  }
}

ThreadPool::~ThreadPool() {
  state_->tasks.close();
  for (auto& thread : state_->threads) thread.join();
}

void ThreadPool::enqueue(std::function<void()> task) {
  state_->tasks.push(std::move(task));
}

unsigned ThreadPool::size() const {
  return static_cast<unsigned>(state_->threads.size());
}

unsigned default_jobs() {
  cpu_set_t cores;
  if (::sched_getaffinity(0, sizeof cores, &cores) == 0) {
    const int count = CPU_COUNT(&cores);
    if (count > 0) return static_cast<unsigned>(count);
  }
  const unsigned count = std::thread::hardware_concurrency();
  return count > 0 ? count : 1;
}

}  // namespace mhub
