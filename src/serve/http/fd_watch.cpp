#include "http/fd_watch.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <mhub/base/error.hpp>

namespace mhub::serve {

namespace {
using Clock = std::chrono::steady_clock;
/// How often ended children are looked for, while there are any.
constexpr int kReapIntervalMs = 50;
}  // namespace

FdWatch::FdWatch()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!epoll_ || !wake_) throw system_error(errno, "make an event queue");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_.get();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0)
    throw system_error(errno, "watch an event");
  thread_ = std::thread([this] { run(); });
}

FdWatch::~FdWatch() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  poke();
  thread_.join();
  for (const Child& child : children_) {
    ::kill(-child.id, SIGKILL);
    int status = 0;
    while (::waitpid(child.id, &status, 0) < 0 && errno == EINTR) {
    }
  }
}

void FdWatch::poke() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void FdWatch::once(int descriptor, Until until, std::function<void()> then) {
  const std::lock_guard guard(mutex_);
  waits_[descriptor] = std::move(then);
  epoll_event event{};
  event.events = (until == Until::readable ? EPOLLIN : EPOLLOUT) | EPOLLONESHOT;
  event.data.fd = descriptor;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event) == 0) return;
  if (errno == ENOENT && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0) return;
  const int number = errno;
  waits_.erase(descriptor);
  throw system_error(number, "watch a pipe");
}

void FdWatch::forget(int descriptor) {
  const std::lock_guard guard(mutex_);
  waits_.erase(descriptor);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

void FdWatch::later(std::chrono::milliseconds delay, std::function<void()> then) {
  {
    const std::lock_guard guard(mutex_);
    timers_.push_back({Clock::now() + delay, std::move(then)});
  }
  poke();
}

void FdWatch::reap(pid_t child, std::chrono::milliseconds patience, std::function<void(int)> then) {
  {
    const std::lock_guard guard(mutex_);
    children_.push_back({child, Clock::now() + patience, false, std::move(then)});
  }
  poke();
}

int FdWatch::tick() {
  std::vector<std::function<void()>> due;
  int wait_ms = -1;
  {
    const std::lock_guard guard(mutex_);
    const auto now = Clock::now();
    for (auto timer = timers_.begin(); timer != timers_.end();) {
      if (timer->due <= now) {
        due.push_back(std::move(timer->then));
        timer = timers_.erase(timer);
      } else {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(timer->due - now).count();
        wait_ms = wait_ms < 0 ? static_cast<int>(left) : std::min(wait_ms, static_cast<int>(left));
        ++timer;
      }
    }
    for (auto child = children_.begin(); child != children_.end();) {
      int status = 0;
      const pid_t got = ::waitpid(child->id, &status, WNOHANG);
      if (got == child->id || (got < 0 && errno == ECHILD)) {
        due.push_back([then = std::move(child->then), status] { then(status); });
        child = children_.erase(child);
        continue;
      }
      if (!child->killed && child->kill_at <= now) {
        ::kill(-child->id, SIGKILL);
        child->killed = true;
      }
      wait_ms = wait_ms < 0 ? kReapIntervalMs : std::min(wait_ms, kReapIntervalMs);
      ++child;
    }
  }
  for (auto& then : due) then();
  return due.empty() ? wait_ms : 0;
}

void FdWatch::run() {
  for (;;) {
    const int wait_ms = tick();
    epoll_event events[64];
    const int count = ::epoll_wait(epoll_.get(), events, 64, wait_ms);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == wake_.get()) {
        std::uint64_t ignored = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &ignored, sizeof ignored);
        continue;
      }
      std::function<void()> then;
      {
        const std::lock_guard guard(mutex_);
        const auto found = waits_.find(events[i].data.fd);
        if (found == waits_.end()) continue;
        then = std::move(found->second);
        waits_.erase(found);
      }
      then();
    }
    const std::lock_guard guard(mutex_);
    if (stopping_) return;
  }
}

}  // namespace mhub::serve
