#include "periodic.hpp"

namespace mhub::serve {

Periodic::Periodic(std::chrono::milliseconds interval, std::function<void()> task)
    : interval_(interval), task_(std::move(task)), thread_([this] { run(); }) {}

void Periodic::wake() {
  {
    const std::lock_guard guard(mutex_);
    is_due_ = true;
  }
  changed_.notify_one();
}

void Periodic::stop() {
  {
    const std::lock_guard guard(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Periodic::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, interval_, [&] { return is_due_ || is_stopping_; });
    if (is_stopping_) return;
    is_due_ = false;
    lock.unlock();
    task_();
    lock.lock();
  }
}

}  // namespace mhub::serve
