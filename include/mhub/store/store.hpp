#pragma once
// The local store: content-addressed xorb files and a SQLite index over them. The same store lies
// under .git/mhub of a repository and under the data folder of a hub. Layout: docs/format/store.md.
//
// Folder:  index.db  xorbs/ab/<hash>  tmp/  lock
//
// A Store may be shared by threads and by processes. Every change is one SQLite transaction, made
// after the files it speaks of are on the medium; a crash leaves unreferenced files at worst.

#include <functional>
#include <memory>
#include <span>

#include <mhub/base/error.hpp>
#include <mhub/base/progress.hpp>
#include <mhub/store/records.hpp>

namespace mhub::store {

class Ingest;

/// Receives a file's bytes in order.
using ByteSink = std::function<void(ByteView)>;

/// Bytes of chunks from somewhere else than the local xorbs: an older working file, a remote.
class ChunkSource {
public:
  virtual ~ChunkSource() = default;
  /// Raw bytes of chunk number `chunk` of the xorb that `term` names, term.first_chunk <= chunk <
  /// term.end_chunk; the caller verifies them against `ref`. Nothing if this source has them not.
  virtual std::optional<Bytes> read_chunk(const xet::Term& term, std::uint32_t chunk,
                                          const xet::ChunkRef& ref) = 0;
};

struct StoreOptions {
  FileSystem* fs = nullptr;  ///< real_file_system() when null; must outlive the store
  unsigned jobs = 0;         ///< threads for ingest, 0 for one per core
  bool durable = true;       ///< false leaves fsync out (tests)
};

class Store {
public:
  /// Opens the store in `folder`, making it if there is none; brings an older schema up to date;
  /// removes what crashed writers left in tmp/ (an hour ago, if nobody is writing). Throws Error:
  /// io, corrupt (not a store), config (a newer schema, hint: upgrade mhub), busy.
  static std::unique_ptr<Store> open(const std::filesystem::path& folder,
                                     const StoreOptions& options = {});
  virtual ~Store() = default;

  // --- files
  virtual std::optional<FileRecord> find_file(const Sha256& sha256) = 0;
  virtual std::optional<FileRecord> find_file(const xet::FileHash& hash) = 0;
  /// Registers a file whose terms name known xorbs; sizes and the xet hash are checked against
  /// their chunk tables (the SHA-256 is the caller's word). Replaces the recipe of a known file.
  /// Throws Error: corrupt (terms out of range, not adding up or of another hash), not_found (a
  /// xorb or chunk that was never seen here).
  virtual void put_file(const FileRecord& file) = 0;
  /// Counts these files as added now, and their xorbs as used, in one transaction: for whoever
  /// tells a peer that it need not send them. Element i of the answer is the record of files[i];
  /// nothing where it is not known or a xorb of it is not local. Throws Error: io, busy.
  virtual std::vector<std::optional<FileRecord>> renew_files(std::span<const Sha256> files) = 0;
  /// For every file note_remote_chunks() of its terms and then put_file(), all in one transaction.
  /// Element i of the answer says why files[i] was refused, if it was (corrupt: it contradicts what
  /// is known here); the others are kept. Throws Error: io, busy.
  virtual std::vector<std::optional<Error>> put_fetched_files(
      std::span<const FetchedFile> files) = 0;
  /// The file's chunks in order (hash, size), from the xorb table. Throws Error: not_found if a
  /// chunk was never seen here.
  virtual std::vector<xet::ChunkRef> chunks_of(const FileRecord& file) = 0;
  /// In no particular order. `visit` may call back into the store.
  virtual void for_each_file(const std::function<void(const FileRecord&)>& visit) = 0;

  // --- ingest (ingest.hpp)
  /// A writer of new content. Several may run at once.
  virtual std::unique_ptr<Ingest> start_ingest() = 0;

  // --- xorbs
  virtual std::optional<XorbRecord> find_xorb(const xet::XorbHash& hash) = 0;
  /// Existence without reading the chunk table.
  virtual bool has_local_xorb(const xet::XorbHash& hash) = 0;
  /// The xorb's file, positioned reads of its body allowed; body offsets are file offsets.
  /// Throws Error: not_found.
  virtual std::unique_ptr<File> open_xorb(const xet::XorbHash& hash) = 0;

  /// Receives a serialised xorb piecewise into tmp/, verifying every chunk as it comes.
  class XorbReceiver {
  public:
    virtual ~XorbReceiver() = default;  ///< discards what was not committed
    /// Throws Error: corrupt, io.
    virtual void write(ByteView bytes) = 0;
    /// Checks the root against `expected`, then makes it durable and indexed. Returns false if the
    /// xorb was already here and whole; a damaged file of it is replaced. Throws Error: corrupt,
    /// io, busy.
    virtual bool commit(const xet::XorbHash& expected) = 0;
  };
  virtual std::unique_ptr<XorbReceiver> receive_xorb() = 0;

  /// Remembers chunks [first, first + chunks.size()) of a xorb that lies on a remote, so that later
  /// versions need not fetch them again and new files may refer to them. The hashes must have been
  /// computed from the chunks themselves. Throws Error: corrupt if they contradict what is known.
  virtual void note_remote_chunks(const xet::XorbHash& xorb, std::uint32_t first,
                                  std::span<const xet::ChunkRef> chunks) = 0;

  /// Counts these xorbs as used now, which keeps garbage collection off them for its grace period:
  /// for whoever promises them to a peer (a deduplication answer).
  virtual void touch_xorbs(std::span<const xet::XorbHash> xorbs) = 0;

  // --- chunks
  /// All known places of a chunk, local ones first; at most 64.
  virtual std::vector<ChunkPlace> find_chunk(const xet::ChunkHash& hash) = 0;

  /// find_chunk() of each, in one look at the index and in its order, which is several times faster
  /// than one by one where there are thousands. Places of chunks[i] are element i.
  virtual std::vector<std::vector<ChunkPlace>> find_chunks(
      std::span<const xet::ChunkHash> chunks) = 0;

  /// Serialised records [first, end) of a local xorb. Throws Error: not_found, io, corrupt.
  virtual Bytes read_records(const xet::XorbHash& xorb, std::uint32_t first, std::uint32_t end) = 0;

  // --- reading files
  /// Writes bytes [offset, offset + length) of `file` to `sink`, decoding only the chunks touched
  /// and verifying each. Chunks without a local xorb come from `elsewhere`, if given. Throws Error:
  /// not_found (no source has a chunk), corrupt (names xorb and chunk), io.
  virtual void read_file(const FileRecord& file, std::uint64_t offset, std::uint64_t length,
                         const ByteSink& sink, ChunkSource* elsewhere = nullptr) = 0;

  // --- what remotes hold (remotes are named by URL, without credentials)
  virtual void note_remote_xorbs(std::string_view remote, std::span<const xet::XorbHash> xorbs) = 0;
  virtual void note_remote_files(std::string_view remote, std::span<const Sha256> files) = 0;
  virtual bool remote_has_xorb(std::string_view remote, const xet::XorbHash& xorb) = 0;
  virtual bool remote_has_file(std::string_view remote, const Sha256& file) = 0;
  /// True if some remote is known to hold it.
  virtual bool any_remote_has_xorb(const xet::XorbHash& xorb) = 0;
  /// The remote turned out not to have what was noted.
  virtual void forget_remote(std::string_view remote) = 0;

  // --- working files
  virtual void note_working_files(std::span<const WorkingFile> files) = 0;
  virtual std::optional<WorkingFile> find_working_file(const std::filesystem::path& path) = 0;
  virtual std::vector<WorkingFile> working_files_with(const Sha256& sha256) = 0;
  virtual std::vector<WorkingFile> working_files() = 0;
  virtual void forget_working_file(const std::filesystem::path& path) = 0;

  virtual StoreTotals totals() = 0;
  virtual const std::filesystem::path& folder() const = 0;
};

}  // namespace mhub::store
