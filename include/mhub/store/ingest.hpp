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

/// What a file turned out to be. Its recipe is known once the batch is committed (the hash of a
/// xorb depends on all its chunks): Store::find_file(sha256).
struct IngestedFile {
  Sha256 sha256;
  std::uint64_t size_bytes = 0;
  xet::FileHash xet_hash;
};

/// One file on its way in. One thread feeds it.
class FileIngest {
public:
  virtual ~FileIngest() = default;  ///< abandons the file unless finished
  /// The next bytes of the file; copied. Blocks while the pipeline is full. Throws Error: io.
  virtual void write(ByteView bytes) = 0;
  /// Waits for the pipeline. The file becomes known to the store by Ingest::commit(). Throws
  /// Error: io.
  virtual IngestedFile finish() = 0;
};

/// A batch of files that share open xorbs. Files are added one after another or from several
/// threads. No file is visible to others before commit(); the destructor discards. Full xorbs are
/// made durable and their chunks known as the batch goes, so that a killed batch, run again, finds
/// them. While it lives nothing is garbage-collected.
class Ingest {
public:
  virtual ~Ingest() = default;

  virtual void set_may_reference(MayReference rule) = 0;
  virtual std::unique_ptr<FileIngest> start_file() = 0;
  /// Reads a whole file and finishes it; advances `progress` by the bytes read. Throws Error:
  /// conflict if the file changes meanwhile, io, not_found, interrupted.
  virtual IngestedFile add_file(const std::filesystem::path& path, Progress& progress,
                                const StopToken& stop) = 0;

  /// Seals open xorbs, makes them durable, then registers what is finished in one transaction.
  /// No file may be in work. More files may follow, with another commit(). Throws Error: io, busy.
  virtual void commit() = 0;

  virtual IngestTotals totals() const = 0;
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
