#pragma once
// A bound on how many requests do something costly at a time. Those above it wait, their clients
// held back by TCP, without a thread or a buffer.

#include <deque>
#include <memory>
#include <mutex>

#include "http/message.hpp"

namespace mhub::serve {

/// Threads may share it. Must outlive its passes.
class Gate {
public:
  explicit Gate(unsigned places) : free_(places) {}

  class Pass {
  public:
    Pass() = default;
    explicit Pass(Gate* gate) : gate_(gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }
    explicit operator bool() const { return gate_ != nullptr; }

  private:
    Gate* gate_ = nullptr;
  };

  /// A pass, or an empty one; `wake` is then called once when it is worth trying again.
  Pass enter(const Wake& wake) {
    const std::lock_guard guard(mutex_);
    if (free_ > 0) {
      --free_;
      return Pass(this);
    }
    waiting_.push_back(wake);
    return {};
  }

private:
  void leave() {
    std::deque<Wake> waiting;
    {
      const std::lock_guard guard(mutex_);
      ++free_;
      // All of them: some may belong to clients that are gone.
      waiting.swap(waiting_);
    }
    for (auto& wake : waiting) wake();
  }

  std::mutex mutex_;
  unsigned free_;
  std::deque<Wake> waiting_;
};

/// Holds a request's body back until the gate lets it in, then passes it to what `make` returns.
/// The place is taken as long as somebody holds the pass that `make` is given.
using HeldPass = std::shared_ptr<Gate::Pass>;
std::unique_ptr<BodySink> gated(Gate& gate,
                                std::function<std::unique_ptr<BodySink>(HeldPass)> make);

}  // namespace mhub::serve
