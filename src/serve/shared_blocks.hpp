#pragma once
// Blocks of the files that several clients fetch at the same time: read, decoded and verified once
// for all of them. Fifty machines that start on the same model are the rule, not the exception.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include <mhub/base/bytes.hpp>
#include <mhub/base/sha256.hpp>

namespace mhub::serve {

/// Threads may share it. Keeps nothing of a file with one reader, and no more than `budget_bytes`
/// of all others: the blocks used last. Whoever is behind the others finds blocks ready and catches
/// up with them, so that readers which start together stay together.
class SharedBlocks {
public:
  using Block = std::shared_ptr<const Bytes>;
  using Make = std::function<Block()>;

  static constexpr std::size_t kBudgetBytes = 64 << 20;
  explicit SharedBlocks(std::size_t budget_bytes = kBudgetBytes) : budget_bytes_(budget_bytes) {}

  /// One transfer of a file. Used by one thread at a time; must not outlive the SharedBlocks.
  class Reader {
  public:
    Reader(SharedBlocks& blocks, const Sha256& file);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    /// The block at `offset` of the file if it is there; null otherwise, or while it is being made.
    Block find(std::uint64_t offset);
    /// The block at `offset`, by `make` if need be. Waits if another reader is making it. What
    /// `make` throws reaches its own caller alone; who waited then makes the block itself.
    Block get(std::uint64_t offset, const Make& make);

  private:
    SharedBlocks& blocks_;
    const Sha256 file_;
  };

private:
  struct Place {
    Sha256 file;
    std::uint64_t offset;
  };
  struct Entry {
    Block block;  ///< null while it is being made
    std::list<Place>::iterator age;
  };
  struct File {
    std::size_t readers = 0;
    std::unordered_map<std::uint64_t, Entry> blocks;  ///< by offset
  };

  // All under the lock.
  Block use(Entry& entry);
  void keep(const Place& place, const Block& block);
  void drop_oldest();

  const std::size_t budget_bytes_;
  std::mutex mutex_;
  std::condition_variable made_;
  std::unordered_map<Sha256, File> files_;
  std::list<Place> newest_first_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace mhub::serve
