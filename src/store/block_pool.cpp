#include "block_pool.hpp"

namespace mhub::store {

namespace {

/// Kept for the next file; more than these are given back to the system.
constexpr std::size_t kIdleBlocks = 16;

}  // namespace

BlockPool::Block BlockPool::take() {
  {
    const std::lock_guard guard(lock_);
    if (!idle_.empty()) {
      Block block = std::move(idle_.back());
      idle_.pop_back();
      return block;
    }
  }
  return std::make_unique_for_overwrite<std::byte[]>(kBlockBytes);
}

BlockPool::Admitted BlockPool::admit(Block block) {
  {
    std::unique_lock lock(lock_);
    freed_.wait(lock, [&] { return left_ > 0; });
    --left_;
  }
  return {block.release(), [this](std::byte* bytes) {
            give_back(Block(bytes));
            const std::lock_guard guard(lock_);
            ++left_;
            freed_.notify_one();
          }};
}

void BlockPool::give_back(Block block) {
  if (!block) return;
  const std::lock_guard guard(lock_);
  if (idle_.size() < kIdleBlocks) idle_.push_back(std::move(block));
}

}  // namespace mhub::store
