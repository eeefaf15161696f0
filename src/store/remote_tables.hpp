#pragma once
// Chunk tables of xorbs that remotes hold, while chunks of many files are merged into them.

#include <unordered_map>

#include "index.hpp"

namespace mhub::store {

/// Reads each table once and writes it once, however many files bring chunks of its xorb. To be
/// used inside one write transaction.
class RemoteTables {
public:
  explicit RemoteTables(Connection& connection) : connection_(connection) {}

  /// What merge() has changed.
  class Undo {
    friend class RemoteTables;
    struct Step {
      xet::XorbHash xorb;
      std::size_t count_before;
      std::vector<std::uint32_t> fresh;
    };
    std::vector<Step> steps_;
  };

  /// Null if there is no such xorb. Valid until write().
  const XorbTable* find(const xet::XorbHash& xorb);
  /// Adds chunks [first, first + chunks.size()) of `xorb`. Throws Error: corrupt if they contradict
  /// what is known or fit no xorb; nothing is changed then.
  void merge(const xet::XorbHash& xorb, std::uint32_t first, std::span<const xet::ChunkRef> chunks,
             Undo& undo);
  void take_back(const Undo& undo);

  /// True if it is time for write(), which bounds memory.
  bool is_large() const { return chunks_ > kMaxChunks; }
  /// Writes what has grown and forgets all; the ids of what was written.
  std::vector<std::int64_t> write();

private:
  /// About 40 MB.
  static constexpr std::size_t kMaxChunks = std::size_t{1} << 20;

  struct Entry {
    XorbTable table;  ///< its row has no id yet if the xorb was unknown
    std::vector<bool> fresh;
    std::size_t fresh_count = 0;
  };
  Entry& entry(const xet::XorbHash& xorb);

  Connection& connection_;
  std::unordered_map<xet::XorbHash, Entry> entries_;
  std::size_t chunks_ = 0;
};

}  // namespace mhub::store
