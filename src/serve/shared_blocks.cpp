#include "shared_blocks.hpp"

namespace mhub::serve {

SharedBlocks::Reader::Reader(SharedBlocks& blocks, const Sha256& file)
    : blocks_(blocks), file_(file) {
  const std::lock_guard guard(blocks_.mutex_);
  ++blocks_.files_[file_].readers;
}

SharedBlocks::Reader::~Reader() {
  decltype(blocks_.files_)::node_type unused;  // freed when the lock is
  const std::lock_guard guard(blocks_.mutex_);
  const auto file = blocks_.files_.find(file_);
  if (--file->second.readers > 0) return;
  for (const auto& [offset, entry] : file->second.blocks) {
    blocks_.kept_bytes_ -= entry.block->size();
    blocks_.newest_first_.erase(entry.age);
  }
  unused = blocks_.files_.extract(file);
}

SharedBlocks::Block SharedBlocks::Reader::find(std::uint64_t offset) {
  const std::lock_guard guard(blocks_.mutex_);
  auto& entries = blocks_.files_.at(file_).blocks;
  const auto at = entries.find(offset);
  return at == entries.end() ? nullptr : blocks_.use(at->second);
}

SharedBlocks::Block SharedBlocks::Reader::get(std::uint64_t offset, const Make& make) {
  bool is_shared = false;
  {
    std::unique_lock lock(blocks_.mutex_);
    File& file = blocks_.files_.at(file_);  // stays where it is as long as this reader
    for (auto at = file.blocks.find(offset); at != file.blocks.end();
         at = file.blocks.find(offset)) {
      if (auto block = blocks_.use(at->second)) return block;
      blocks_.made_.wait(lock);
    }
    is_shared = file.readers > 1;
    if (is_shared) file.blocks.try_emplace(offset);
  }
  if (!is_shared) return make();
  try {
    Block block = make();
    const std::lock_guard guard(blocks_.mutex_);
    blocks_.keep({file_, offset}, block);
    blocks_.made_.notify_all();
    return block;
  } catch (...) {
    const std::lock_guard guard(blocks_.mutex_);
    blocks_.files_.at(file_).blocks.erase(offset);
    blocks_.made_.notify_all();
    throw;
  }
}

SharedBlocks::Block SharedBlocks::use(Entry& entry) {
  if (entry.block) newest_first_.splice(newest_first_.begin(), newest_first_, entry.age);
  return entry.block;
}

void SharedBlocks::keep(const Place& place, const Block& block) {
  newest_first_.push_front(place);
  Entry& entry = files_.at(place.file).blocks.at(place.offset);
  entry = {block, newest_first_.begin()};
  kept_bytes_ += block->size();
  while (kept_bytes_ > budget_bytes_) drop_oldest();
}

void SharedBlocks::drop_oldest() {
  const Place& oldest = newest_first_.back();
  auto& entries = files_.at(oldest.file).blocks;
  const auto at = entries.find(oldest.offset);
  kept_bytes_ -= at->second.block->size();
  entries.erase(at);
  newest_first_.pop_back();
}

}  // namespace mhub::serve
