#pragma once
// Sizes of chunks by xorb, read from the store once for each xorb.

#include <memory>
#include <unordered_map>
#include <vector>

#include <mhub/base/synchronized.hpp>
#include <mhub/store/store.hpp>

namespace mhub::sync {

/// Threads may share it.
class ChunkSizes {
public:
  explicit ChunkSizes(store::Store& store) : store_(store) {}

  struct Xorb {
    bool local = false;
    std::vector<std::uint32_t> sizes;  ///< 0: a chunk never seen here
  };
  /// Empty for an unknown xorb.
  std::shared_ptr<const Xorb> of(const xet::XorbHash& xorb) {
    return table_.with([&](auto& table) -> std::shared_ptr<const Xorb> {
      auto& entry = table[xorb];
      if (!entry) {
        auto read = std::make_shared<Xorb>();
        if (const auto record = store_.find_xorb(xorb)) {
          read->local = record->local;
          for (const xet::ChunkRef& ref : record->index.chunks)
            read->sizes.push_back(ref.size_bytes);
        }
        entry = std::move(read);
      }
      return entry;
    });
  }

  /// The store has learned more of it.
  void forget(const xet::XorbHash& xorb) {
    table_.with([&](auto& table) { table.erase(xorb); });
  }

private:
  store::Store& store_;
  Synchronized<std::unordered_map<xet::XorbHash, std::shared_ptr<const Xorb>>> table_;
};

}  // namespace mhub::sync
