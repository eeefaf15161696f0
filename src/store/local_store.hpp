#pragma once
// The one implementation of Store, and what the other files of this layer need of it.

#include <chrono>

#include <mhub/base/file_lock.hpp>
#include <mhub/base/thread_pool.hpp>
#include <mhub/store/check.hpp>
#include <mhub/store/store.hpp>

#include "block_pool.hpp"
#include "layout.hpp"
#include "xorb_cache.hpp"
#include "xorb_writer.hpp"

namespace mhub::store {

/// Decodes the record of one chunk. True if it is whole and the chunk that `ref` names; `view` then
/// shows the raw bytes, inside `record` where they are stored plainly, else in `out`.
bool decode_verified(ByteView record, const xet::ChunkRef& ref, Bytes& out, ByteView& view);

class LocalStore final : public Store {
public:
  LocalStore(Layout layout, const StoreOptions& options);

  std::optional<FileRecord> find_file(const Sha256& sha256) override;
  std::optional<FileRecord> find_file(const xet::FileHash& hash) override;
  void put_file(const FileRecord& file) override;
  std::vector<std::optional<FileRecord>> renew_files(std::span<const Sha256> files) override;
  std::vector<std::optional<Error>> put_fetched_files(std::span<const FetchedFile> files) override;
  std::vector<xet::ChunkRef> chunks_of(const FileRecord& file) override;
  void for_each_file(const std::function<void(const FileRecord&)>& visit) override;
  std::unique_ptr<Ingest> start_ingest() override;
  std::optional<XorbRecord> find_xorb(const xet::XorbHash& hash) override;
  bool has_local_xorb(const xet::XorbHash& hash) override;
  std::unique_ptr<File> open_xorb(const xet::XorbHash& hash) override;
  std::unique_ptr<XorbReceiver> receive_xorb() override;
  void note_remote_chunks(const xet::XorbHash& xorb, std::uint32_t first,
                          std::span<const xet::ChunkRef> chunks) override;
  void touch_xorbs(std::span<const xet::XorbHash> xorbs) override;
  std::vector<ChunkPlace> find_chunk(const xet::ChunkHash& hash) override;
  std::vector<std::vector<ChunkPlace>> find_chunks(std::span<const xet::ChunkHash> chunks) override;
  Bytes read_records(const xet::XorbHash& xorb, std::uint32_t first, std::uint32_t end) override;
  void read_file(const FileRecord& file, std::uint64_t offset, std::uint64_t length,
                 const ByteSink& sink, ChunkSource* elsewhere) override;
  void note_remote_xorbs(std::string_view remote, std::span<const xet::XorbHash> xorbs) override;
  void note_remote_files(std::string_view remote, std::span<const Sha256> files) override;
  bool remote_has_xorb(std::string_view remote, const xet::XorbHash& xorb) override;
  bool remote_has_file(std::string_view remote, const Sha256& file) override;
  bool any_remote_has_xorb(const xet::XorbHash& xorb) override;
  void forget_remote(std::string_view remote) override;
  void note_working_files(std::span<const WorkingFile> files) override;
  std::optional<WorkingFile> find_working_file(const std::filesystem::path& path) override;
  std::vector<WorkingFile> working_files_with(const Sha256& sha256) override;
  std::vector<WorkingFile> working_files() override;
  void forget_working_file(const std::filesystem::path& path) override;
  StoreTotals totals() override;
  const std::filesystem::path& folder() const override { return layout_.root; }

  // --- for this layer only
  FileSystem& fs() { return fs_; }
  const Layout& layout() const { return layout_; }
  Database& database() { return database_; }
  XorbCache& cache() { return cache_; }
  bool durable() const { return durable_; }
  unsigned jobs() const { return jobs_; }
  /// Of all batches together, so that fifty uploads to a hub use no more than one.
  BlockPool& blocks() { return blocks_; }
  ThreadPool& workers();

  /// Held by whoever writes something that nothing refers to yet; keeps garbage collection out.
  /// Throws Error: busy.
  FileLock lock_for_writing();
  /// Held while things are taken away. Throws Error: busy if writers go on.
  FileLock lock_for_removing(std::chrono::milliseconds patience);

  /// Null if the xorb is unknown. Throws Error: corrupt.
  XorbCache::Table xorb_table(const xet::XorbHash& hash);
  enum class Present { keep, replace };
  /// Gives `sealed` its name and its row, both inside the write transaction of `connection`: so
  /// writers of one xorb, in whatever processes, come one after another, and the row is that of the
  /// file that is there. Where the xorb is here already, `present` says which one stays. False if
  /// the new one was not needed. Throws Error: io.
  bool place_xorb(Connection& connection, SealedXorb& sealed, Present present = Present::keep);
  /// place_xorb() in a transaction of its own.
  bool register_xorb(SealedXorb& sealed, Present present = Present::keep);
  /// True if there is a file in the row's place that may be the row's. A row whose file is gone or
  /// cut short must not keep the bytes out.
  bool has_file_of(const XorbRow& row);
  /// Chunk `chunk` of the local xorb `table`, out of the open `file`, decoded into `out` and equal
  /// to its hash; false if it is damaged, cut short or cannot be read.
  static bool read_verified(File& file, const XorbTable& table, std::uint32_t chunk, Bytes& out);
  /// The chunk out of any local xorb but `except`, verified. False if there is none whole.
  bool read_copy(const xet::ChunkRef& ref, std::int64_t except, Bytes& out);

private:
  std::vector<ChunkPlace> places_of(Connection& connection, const xet::ChunkHash& hash);

  FileSystem& fs_;
  const Layout layout_;
  const bool durable_;
  const unsigned jobs_;
  Database database_;
  XorbCache cache_;
  BlockPool blocks_;
  std::once_flag workers_made_;
  std::unique_ptr<ThreadPool> workers_;  ///< made when they are first needed
};

/// check() that reads only the bodies of `bodies` (all where null).
CheckReport check_some(LocalStore& store, const std::unordered_set<xet::XorbHash>* bodies,
                       Progress& progress, const StopToken& stop);

/// The implementation behind a Store, for the free functions of this layer.
LocalStore& internals(Store& store);

}  // namespace mhub::store
