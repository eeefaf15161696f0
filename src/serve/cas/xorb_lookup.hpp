#pragma once

#include <memory>
#include <unordered_map>

#include <mhub/store/store.hpp>

namespace mhub::serve {

/// Chunk tables of the xorbs that one request meets, read once each as long as there are not too
/// many. One thread.
class XorbLookup {
public:
  explicit XorbLookup(store::Store& store) : store_(store) {}

  /// Nothing unless the xorb lies in the store. Valid until the next call.
  const xet::XorbIndex* find(const xet::XorbHash& hash) {
    const auto known = tables_.find(hash);
    if (known != tables_.end()) return &known->second;
    auto record = store_.find_xorb(hash);
    if (!record || !record->local) return nullptr;
    if (tables_.size() >= kTablesKept) tables_.clear();
    return &tables_.emplace(hash, std::move(record->index)).first->second;
  }

private:
  static constexpr std::size_t kTablesKept = 64;
  store::Store& store_;
  std::unordered_map<xet::XorbHash, xet::XorbIndex> tables_;
};

}  // namespace mhub::serve
