#pragma once
// The last few answers to a costly question.

#include <algorithm>
#include <cstddef>
#include <list>
#include <memory>
#include <utility>

#include <mhub/base/synchronized.hpp>

namespace mhub::serve {

/// Threads may share it.
template <class Key, class Value>
class Recent {
public:
  explicit Recent(std::size_t at_most) : at_most_(at_most) {}

  /// Null if it is not known.
  std::shared_ptr<const Value> find(const Key& key) {
    return kept_.with([&](auto& kept) -> std::shared_ptr<const Value> {
      const auto found =
          std::find_if(kept.begin(), kept.end(), [&](const auto& one) { return one.first == key; });
      if (found == kept.end()) return nullptr;
      kept.splice(kept.begin(), kept, found);
      return found->second;
    });
  }

  void keep(const Key& key, std::shared_ptr<const Value> value) {
    kept_.with([&](auto& kept) {
      std::erase_if(kept, [&](const auto& one) { return one.first == key; });
      kept.emplace_front(key, std::move(value));
      if (kept.size() > at_most_) kept.pop_back();
    });
  }

private:
  const std::size_t at_most_;
  /// Those asked for last stand first.
  Synchronized<std::list<std::pair<Key, std::shared_ptr<const Value>>>> kept_;
};

}  // namespace mhub::serve
