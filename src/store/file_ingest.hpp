#pragma once
// One file through the pipeline. The file's thread fills blocks and finds the cuts, SHA-256 has a
// thread of its own (it is one long chain and the slowest stage), and a pool hashes, looks up and
// compresses whole blocks, several at a time. Blocks are placed in xorbs in the file's order by
// whichever thread finishes the next one. A block holds whole chunks only: what is left behind the
// last cut moves to the front of the next block, so that every chunk lies in one piece and is never
// copied again before it is written.

#include <condition_variable>
#include <map>

#include <mhub/base/thread_pool.hpp>

#include "xorb_stream.hpp"

namespace mhub::store {

/// A recipe whose xorbs may still be open.
struct SessionTerm {
  std::uint32_t xorb = 0;
  std::uint32_t first_chunk = 0;
  std::uint32_t end_chunk = 0;
  std::uint32_t size_bytes = 0;
};

struct FinishedFile {
  IngestedFile file;
  std::vector<SessionTerm> terms;
};

/// Buffers that all files of a batch share; what bounds the memory of an ingest.
class BlockPool {
public:
  /// New bytes of a file that fit a block, and what a block holds with the carried ones.
  static constexpr std::size_t kFreshBytes = std::size_t{1} << 20;
  static constexpr std::size_t kBlockBytes = kFreshBytes + xet::kChunkMaxBytes;

  explicit BlockPool(std::size_t limit) : left_(limit) {}

  using Block = std::unique_ptr<std::byte[]>;
  /// Waits until one is free. Goes back when the last owner lets go of it.
  std::shared_ptr<std::byte[]> take();

private:
  std::mutex lock_;
  std::condition_variable freed_;
  std::size_t left_;
  std::vector<Block> idle_;
};

/// What the files of a batch share.
struct IngestStages {
  LocalStore& store;
  Session session;
  XorbStream xorbs;
  BlockPool blocks;
  std::mutex pool_lock;
  std::unique_ptr<ThreadPool> pool;  ///< made for the first file that needs it

  explicit IngestStages(LocalStore& local);
  ThreadPool& workers();
};

/// One thread feeds it. The destructor waits for what is under way.
class FilePipeline {
public:
  explicit FilePipeline(IngestStages& stages);
  ~FilePipeline();

  /// Where the next bytes go; never empty. Blocks while the pipeline is full.
  std::span<std::byte> room();
  /// Says that the first `count` bytes of room() are filled. Throws Error: io of any stage.
  void filled(std::size_t count);
  /// After the last byte. Throws Error: io of any stage.
  FinishedFile finish();

private:
  struct Work;
  struct Shared;

  void dispatch(bool last);
  void start_hashing();
  static void run(IngestStages& stages, Shared& shared, std::unique_ptr<Work> work);
  static void prepare(IngestStages& stages, Work& work);
  static void place(IngestStages& stages, Shared& shared, Work& work);

  IngestStages& stages_;
  std::shared_ptr<Shared> shared_;
  std::thread hashing_;
  std::uint64_t size_bytes_ = 0;

  std::shared_ptr<std::byte[]> block_;
  std::size_t block_size_ = 0;  ///< filled, carried bytes included
  std::size_t carried_ = 0;     ///< at the front, from the block before
  Bytes carry_;
  xet::Chunker chunker_;
  std::uint64_t next_work_ = 0;
};

}  // namespace mhub::store
