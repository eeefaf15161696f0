#pragma once
// The buffers of all files that are on their way into a store, and the limit on how many of them
// are under way at once, whatever the number of batches.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include <mhub/xet/chunker.hpp>

namespace mhub::store {

/// Threads may share it.
class BlockPool {
public:
  /// New bytes of a file that fit a block, and what a block holds with the carried ones.
  static constexpr std::size_t kFreshBytes = std::size_t{1} << 20;
  static constexpr std::size_t kBlockBytes = kFreshBytes + xet::kChunkMaxBytes;

  /// At most `limit` blocks are admitted at a time.
  explicit BlockPool(std::size_t limit) : left_(limit) {}

  using Block = std::unique_ptr<std::byte[]>;
  using Admitted = std::shared_ptr<std::byte[]>;

  /// A block to fill. Never waits: a file that waits for its bytes must not hold up others.
  Block take();
  /// Waits until a full block may go its way. It is free again when its last owner lets go.
  Admitted admit(Block block);
  void give_back(Block block);

private:
  std::mutex lock_;
  std::condition_variable freed_;
  std::size_t left_;
  std::vector<Block> idle_;
};

}  // namespace mhub::store
