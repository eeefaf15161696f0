#pragma once
// A bound on how many requests do something costly at a time. Those above it wait, their clients
// held back by TCP, without a thread or a buffer. One holder takes at most half of the places, so
// that nobody can keep everybody else out.

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "http/message.hpp"

namespace mhub::serve {

/// Threads may share it. Must outlive its passes.
class Gate {
public:
  explicit Gate(unsigned places) : free_(places), share_((places + 1) / 2) {}

  class Pass {
  public:
    Pass() = default;
    Pass(Gate* gate, std::string holder) : gate_(gate), holder_(std::move(holder)) {}
    Pass(Pass&& other) noexcept
        : gate_(std::exchange(other.gate_, nullptr)), holder_(std::move(other.holder_)) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(gate_, other.gate_);
      std::swap(holder_, other.holder_);
      return *this;
    }
    ~Pass() {
      if (gate_ != nullptr) gate_->leave(holder_);
    }
    explicit operator bool() const { return gate_ != nullptr; }

  private:
    Gate* gate_ = nullptr;
    std::string holder_;
  };

  /// A pass, or an empty one; `wake`, if there is one, is then called once when it is worth trying
  /// again.
  Pass enter(const std::string& holder, const Wake& wake = {}) {
    const std::lock_guard guard(mutex_);
    if (free_ > 0 && held_by(holder) < share_) {
      --free_;
      ++held_[holder];
      return Pass(this, holder);
    }
    if (wake) waiting_.push_back(wake);
    return {};
  }

private:
  unsigned held_by(const std::string& holder) const {
    const auto held = held_.find(holder);
    return held == held_.end() ? 0 : held->second;
  }

  void leave(const std::string& holder) {
    std::deque<Wake> waiting;
    {
      const std::lock_guard guard(mutex_);
      ++free_;
      if (const auto held = held_.find(holder); held != held_.end() && --held->second == 0)
        held_.erase(held);
      // All of them: some may belong to clients that are gone.
      waiting.swap(waiting_);
    }
    for (auto& wake : waiting) wake();
  }

  std::mutex mutex_;
  unsigned free_;
  unsigned share_;
  std::unordered_map<std::string, unsigned> held_;
  std::deque<Wake> waiting_;
};

/// Holds a request's body back until the gate lets `holder` in, then passes it to what `make`
/// returns. The place is taken as long as somebody holds the pass that `make` is given.
using HeldPass = std::shared_ptr<Gate::Pass>;
std::unique_ptr<BodySink> gated(Gate& gate, std::string holder,
                                std::function<std::unique_ptr<BodySink>(HeldPass)> make);

}  // namespace mhub::serve
