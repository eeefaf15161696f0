#pragma once
// Turning files into chunks: one pass that cuts, hashes, looks up, compresses and writes, its
// stages on several threads with bounded queues between them. Memory does not grow with the file.

#include <functional>
#include <memory>

#include <mhub/store/store.hpp>

namespace mhub::store {

/// Where new content may refer to chunks that are already known. Called often, from ingest's
/// threads. Empty means: local xorbs, and xorbs some remote is known to hold.
using MayReference = std::function<bool(const ChunkPlace&)>;

struct IngestTotals {
  std::uint64_t read_bytes = 0;
  std::uint64_t new_raw_bytes = 0;     ///< of chunks not known before
  std::uint64_t new_stored_bytes = 0;  ///< as written to xorbs
  std::uint64_t new_chunks = 0;
  std::uint64_t known_chunks = 0;
};

/// One file on its way in. One thread feeds it.
class FileIngest {
public:
  virtual ~FileIngest() = default;  ///< abandons the file unless finished
  /// The next bytes of the file; copied. Blocks while the pipeline is full. Throws Error: io.
  virtual void write(ByteView bytes) = 0;
  /// Waits for the pipeline; the record's terms may name xorbs that are sealed only by
  /// Ingest::commit(). Throws Error: io.
  virtual FileRecord finish() = 0;
};

/// A batch of files that share open xorbs. Nothing is visible to others before commit(); the
/// destructor discards. Files are added one after another or from several threads.
class Ingest {
public:
  virtual ~Ingest() = default;

  virtual void set_may_reference(MayReference rule) = 0;
  /// Starts a file of about `size_hint` bytes (0 if unknown).
  virtual std::unique_ptr<FileIngest> start_file(std::uint64_t size_hint) = 0;
  /// Reads a whole file. A file that changes while it is read is an Error: conflict.
  virtual FileRecord add_file(const std::filesystem::path& path, Progress& progress,
                              const StopToken& stop) = 0;

  /// Seals open xorbs, makes them durable, then registers xorbs, chunks and files in one
  /// transaction. Long batches seal and register full xorbs as they go, so that a crash loses
  /// little.
  virtual void commit() = 0;

  virtual IngestTotals totals() const = 0;
  /// Xorbs that this batch wrote, once committed.
  virtual std::vector<xet::XorbHash> new_xorbs() const = 0;
};

/// Writes chosen chunks into new xorbs, for repacking: a push that must not carry other files'
/// chunks, garbage collection of half-dead xorbs.
class ChunkPacker {
public:
  virtual ~ChunkPacker() = default;
  /// Appends one chunk (verified by the caller against `hash`); says where it will lie.
  virtual void add(const xet::ChunkHash& hash, ByteView chunk) = 0;
  /// Seals, makes durable and indexes; the new xorbs in order. Throws Error: io.
  virtual std::vector<xet::XorbHash> commit() = 0;
};
std::unique_ptr<ChunkPacker> start_packing(Store& store);

}  // namespace mhub::store
