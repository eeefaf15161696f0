#pragma once
// One file through the pipeline. The file's thread fills blocks and finds the cuts, SHA-256 has a
// thread of its own (it is one long chain and the slowest stage), and a pool hashes, looks up and
// compresses whole blocks, several at a time. Blocks are placed in xorbs in the file's order by
// whichever thread finishes the next one. A block holds whole chunks only: what is left behind the
// last cut moves to the front of the next block, so that every chunk lies in one piece and is never
// copied again before it is written.

#include <condition_variable>
#include <map>

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

/// What the files of a batch share.
struct IngestStages {
  LocalStore& store;
  Session session;
  XorbStream xorbs;

  explicit IngestStages(LocalStore& local) : store(local), session(local), xorbs(local, session) {}
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

  BlockPool::Block block_;
  std::size_t block_size_ = 0;  ///< filled, carried bytes included
  std::size_t carried_ = 0;     ///< at the front, from the block before
  Bytes carry_;
  xet::Chunker chunker_;
  std::uint64_t next_work_ = 0;
};

}  // namespace mhub::store
