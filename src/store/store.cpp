#include <algorithm>
#include <unordered_set>

#include <mhub/base/error.hpp>
#include <mhub/base/fault.hpp>
#include <mhub/base/thread_pool.hpp>
#include <mhub/store/check.hpp>
#include <mhub/store/ingest.hpp>

#include "local_store.hpp"
#include "remote_tables.hpp"
#include "schema.hpp"
#include "scratch.hpp"
#include "xorb_files.hpp"

namespace mhub::store {

namespace {

constexpr std::chrono::seconds kWriterPatience{60};
constexpr std::chrono::seconds kScratchAge{std::chrono::hours{1}};
constexpr std::chrono::seconds kCreationPatience{30};
/// Files visited between two looks at the table of files.
constexpr int kFilesPerStep = 256;

bool holds_xorbs(FileSystem& fs, const Layout& layout) {
  bool found = false;
  for_each_xorb_file(
      fs, layout, [&](const xet::XorbHash&, const std::filesystem::path&) { found = true; },
      [](const std::filesystem::path&) {});
  return found;
}

WorkingFile read_working_file(const Query& query) {
  WorkingFile file;
  file.path = query.text(0);
  file.sha256 = hash_column<Sha256>(query, 1);
  file.stat.size_bytes = static_cast<std::uint64_t>(query.integer(2));
  file.stat.mtime_ns = query.integer(3);
  file.stat.ctime_ns = query.integer(4);
  file.stat.inode = static_cast<std::uint64_t>(query.integer(5));
  file.stat.device = static_cast<std::uint64_t>(query.integer(6));
  file.stat.disk_bytes = static_cast<std::uint64_t>(query.integer(7));
  file.stat.mode = static_cast<std::uint32_t>(query.integer(8));
  return file;
}

ByteView path_bytes(const std::filesystem::path& path) {
  return as_bytes(path.native());
}

std::int64_t remote_id(Connection& connection, std::string_view remote) {
  {
    Query query(connection, "SELECT id FROM remotes WHERE url = ?", remote);
    if (query.next()) return query.integer(0);
  }
  connection.run("INSERT INTO remotes (url) VALUES (?)", remote);
  return connection.last_id();
}

/// Checks the recipe against the chunk tables that `table_of` gives, and writes it.
template <class TableOf>
void put_checked_file(Connection& connection, const FileRecord& file, TableOf table_of) {
  const std::int64_t now_s = unix_now_s();
  xet::FileHasher hasher;
  std::uint64_t size = 0;
  for (const xet::Term& term : file.terms) {
    const auto table = table_of(term.xorb);
    if (!table) {
      throw Error(ErrorKind::not_found, "file {} refers to xorb {}, which is not known here",
                  file.sha256.hex(), term.xorb.text());
    }
    if (term.first_chunk >= term.end_chunk || term.end_chunk > xet::kXorbMaxChunks ||
        (table->row.local && term.end_chunk > table->index.chunks.size())) {
      throw Error(ErrorKind::corrupt, "file {} refers to chunks {} to {} of xorb {}, which has {}",
                  file.sha256.hex(), term.first_chunk, term.end_chunk, term.xorb.text(),
                  table->index.chunks.size());
    }
    std::uint64_t term_size = 0;
    for (std::uint32_t i = term.first_chunk; i < term.end_chunk; ++i) {
      if (!table->knows(i)) {
        throw Error(ErrorKind::not_found, "chunk {} of xorb {} was never seen here", i,
                    term.xorb.text());
      }
      hasher.add(table->index.chunks[i]);
      term_size += table->index.chunks[i].size_bytes;
    }
    if (term_size != term.size_bytes) {
      throw Error(ErrorKind::corrupt, "a term of file {} is {} bytes long and says {}",
                  file.sha256.hex(), term_size, term.size_bytes);
    }
    size += term_size;
    touch_xorb(connection, table->row.id, now_s);
  }
  if (size != file.size_bytes) {
    throw Error(ErrorKind::corrupt, "the terms of file {} add up to {} bytes, not {}",
                file.sha256.hex(), size, file.size_bytes);
  }
  if (hasher.finish() != file.xet_hash) {
    throw Error(ErrorKind::corrupt, "the terms of file {} do not give the file hash {}",
                file.sha256.hex(), file.xet_hash.text());
  }
  put_file_row(connection, file, now_s);
}

std::optional<FileRecord> renew_file(Connection& connection, const Sha256& sha256,
                                     std::int64_t now_s) {
  auto file = find_file_row(connection, sha256);
  if (!file) return std::nullopt;
  std::unordered_set<std::int64_t> xorbs;
  const xet::XorbHash* last = nullptr;
  for (const xet::Term& term : file->terms) {
    if (last != nullptr && *last == term.xorb) continue;
    last = &term.xorb;
    const auto row = find_xorb_row(connection, term.xorb);
    if (!row || !row->local) return std::nullopt;
    xorbs.insert(row->id);
  }
  for (const std::int64_t id : xorbs) touch_xorb(connection, id, now_s);
  touch_file(connection, sha256, now_s);
  return file;
}

/// Checks that merging `fetched` into `tables` and keeping it would both go well, and does it.
/// Throws Error: corrupt, not_found; `tables` is then as it was, for the next file.
void put_fetched_file(Connection& connection, const FetchedFile& fetched, RemoteTables& tables) {
  std::span<const xet::ChunkRef> rest(fetched.chunks);
  RemoteTables::Undo undo;
  try {
    for (const xet::Term& term : fetched.file.terms) {
      if (term.first_chunk >= term.end_chunk || term.chunk_count() > rest.size()) {
        throw Error(ErrorKind::corrupt, "the terms of file {} do not fit its {} chunks",
                    fetched.file.sha256.hex(), fetched.chunks.size());
      }
      tables.merge(term.xorb, term.first_chunk, rest.first(term.chunk_count()), undo);
      rest = rest.subspan(term.chunk_count());
    }
    // Not through the cache: what is not committed must not be remembered.
    put_checked_file(connection, fetched.file,
                     [&](const xet::XorbHash& xorb) { return tables.find(xorb); });
  } catch (const Error&) {
    tables.take_back(undo);
    throw;
  }
}

}  // namespace

void sweep_scratch(FileSystem& fs, const std::filesystem::path& folder) {
  const std::int64_t cutoff_ns = (unix_now_s() - kScratchAge.count()) * 1'000'000'000;
  for (const std::string& name : fs.list(folder)) {
    const auto stat = fs.stat(folder / name);
    if (stat && !stat->is_folder() && stat->mtime_ns < cutoff_ns) fs.remove(folder / name);
  }
}

std::unique_ptr<Store> Store::open(const std::filesystem::path& folder,
                                   const StoreOptions& options) {
  const Layout layout{std::filesystem::absolute(folder).lexically_normal()};
  FileSystem& fs = options.fs != nullptr ? *options.fs : real_file_system();
  const bool fresh = !fs.stat(layout.root);
  fs.create_folders(layout.xorbs());
  fs.create_folders(layout.scratch());
  if (fresh && options.durable) fs.sync_folder(layout.root.parent_path());
  std::optional<FileLock> creating;
  if (!fs.stat(layout.database())) {
    // Two processes must not create the index at once, and nobody can be writing without one.
    creating.emplace(layout.lock(), FileLock::Mode::exclusive, kCreationPatience);
    if (!fs.stat(layout.database()) && holds_xorbs(fs, layout)) rebuild_index_locked(layout, fs);
  }
  auto store = std::make_unique<LocalStore>(layout, options);
  if (creating && options.durable) {
    fs.sync_folder(layout.root);
  }
  creating.reset();
  if (const auto alone = FileLock::try_lock(layout.lock(), FileLock::Mode::exclusive))
    sweep_scratch(fs, layout.scratch());
  return store;
}

LocalStore::LocalStore(Layout layout, const StoreOptions& options)
    : fs_(options.fs != nullptr ? *options.fs : real_file_system()),
      layout_(std::move(layout)),
      durable_(options.durable),
      jobs_(options.jobs != 0 ? options.jobs : default_jobs()),
      database_(layout_.database(), {.subject = "the index", .durable = options.durable}),
      // Enough for every stage of one file to have a block in hand and one waiting.
      blocks_(std::min<std::size_t>(6 + 2 * jobs_, 40)) {
  migrate(database_, layout_.database());
}

LocalStore& internals(Store& store) {
  auto* local = dynamic_cast<LocalStore*>(&store);
  MHUB_ASSERT(local != nullptr);
  return *local;
}

ThreadPool& LocalStore::workers() {
  std::call_once(workers_made_, [this] { workers_ = std::make_unique<ThreadPool>(jobs_); });
  return *workers_;
}

FileLock LocalStore::lock_for_writing() {
  return FileLock(layout_.lock(), FileLock::Mode::shared, kWriterPatience);
}

FileLock LocalStore::lock_for_removing(std::chrono::milliseconds patience) {
  return FileLock(layout_.lock(), FileLock::Mode::exclusive, patience);
}

// --- files

std::optional<FileRecord> LocalStore::find_file(const Sha256& sha256) {
  return database_.read([&](Connection& connection) { return find_file_row(connection, sha256); });
}

std::optional<FileRecord> LocalStore::find_file(const xet::FileHash& hash) {
  return database_.read([&](Connection& connection) { return find_file_row(connection, hash); });
}

void LocalStore::put_file(const FileRecord& file) {
  const FileLock writing = lock_for_writing();
  database_.write([&](Connection& connection) {
    put_checked_file(connection, file,
                     [&](const xet::XorbHash& xorb) { return cache_.get(connection, xorb); });
  });
}

std::vector<std::optional<FileRecord>> LocalStore::renew_files(std::span<const Sha256> files) {
  std::vector<std::optional<FileRecord>> renewed(files.size());
  if (files.empty()) return renewed;
  // Without the lock: what garbage collection takes away it decides in one transaction.
  const std::int64_t now_s = unix_now_s();
  database_.write([&](Connection& connection) {
    for (std::size_t i = 0; i < files.size(); ++i)
      renewed[i] = renew_file(connection, files[i], now_s);
  });
  return renewed;
}

std::vector<std::optional<Error>> LocalStore::put_fetched_files(
    std::span<const FetchedFile> files) {
  std::vector<std::optional<Error>> refusals(files.size());
  if (files.empty()) return refusals;
  const FileLock writing = lock_for_writing();
  std::vector<std::int64_t> changed;
  database_.write([&](Connection& connection) {
    RemoteTables tables(connection);
    const auto write = [&] {
      const auto written = tables.write();
      changed.insert(changed.end(), written.begin(), written.end());
    };
    for (std::size_t i = 0; i < files.size(); ++i) {
      try {
        put_fetched_file(connection, files[i], tables);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::not_found) throw;
        refusals[i] = error;
      }
      if (tables.is_large()) write();
    }
    write();
  });
  for (const std::int64_t id : changed) cache_.forget(id);
  return refusals;
}

std::vector<xet::ChunkRef> LocalStore::chunks_of(const FileRecord& file) {
  std::vector<xet::ChunkRef> chunks;
  for (const xet::Term& term : file.terms) {
    const auto table = xorb_table(term.xorb);
    for (std::uint32_t i = term.first_chunk; i < term.end_chunk; ++i) {
      if (!table || !table->knows(i)) {
        throw Error(ErrorKind::not_found, "chunk {} of xorb {} was never seen here", i,
                    term.xorb.text());
      }
      chunks.push_back(table->index.chunks[i]);
    }
  }
  return chunks;
}

void LocalStore::for_each_file(const std::function<void(const FileRecord&)>& visit) {
  std::optional<Sha256> last;
  while (true) {
    const auto step = database_.read([&](Connection& connection) {
      return list_files_after(connection, last ? &*last : nullptr, kFilesPerStep);
    });
    if (step.empty()) return;
    for (const Sha256& sha256 : step) {
      if (const auto file = find_file(sha256)) visit(*file);
    }
    last = step.back();
  }
}

// --- xorbs

XorbCache::Table LocalStore::xorb_table(const xet::XorbHash& hash) {
  return database_.read([&](Connection& connection) { return cache_.get(connection, hash); });
}

std::optional<XorbRecord> LocalStore::find_xorb(const xet::XorbHash& hash) {
  const auto table = xorb_table(hash);
  if (!table) return std::nullopt;
  return XorbRecord{table->index, table->row.local, table->row.disk_bytes};
}

bool LocalStore::has_local_xorb(const xet::XorbHash& hash) {
  return database_.read([&](Connection& connection) {
    const auto row = find_xorb_row(connection, hash);
    return row && row->local;
  });
}

std::unique_ptr<File> LocalStore::open_xorb(const xet::XorbHash& hash) {
  return fs_.open_read(layout_.xorb(hash));
}

bool LocalStore::has_file_of(const XorbRow& row) {
  if (!row.local) return false;
  const auto stat = fs_.stat(layout_.xorb(row.hash));
  return stat && stat->size_bytes == row.disk_bytes;
}

bool LocalStore::place_xorb(Connection& connection, SealedXorb& sealed, Present present) {
  const std::int64_t now_s = unix_now_s();
  if (present == Present::keep) {
    if (const auto row = find_xorb_row(connection, sealed.index.hash); row && has_file_of(*row)) {
      touch_xorb(connection, row->id, now_s);
      return false;
    }
  }
  sealed.file->commit(durable_);
  fault_point("store.xorb_renamed");
  put_local_xorb(connection, sealed.index, sealed.disk_bytes, now_s);
  return true;
}

bool LocalStore::register_xorb(SealedXorb& sealed, Present present) {
  const auto [fresh, row] = database_.write([&](Connection& connection) {
    const bool placed = place_xorb(connection, sealed, present);
    return std::pair(placed, find_xorb_row(connection, sealed.index.hash));
  });
  // It may have been known here in another layout.
  if (fresh && row) cache_.forget(row->id);
  return fresh;
}

void LocalStore::note_remote_chunks(const xet::XorbHash& xorb, std::uint32_t first,
                                    std::span<const xet::ChunkRef> chunks) {
  const FileLock writing = lock_for_writing();
  const auto changed = database_.write([&](Connection& connection) {
    RemoteTables tables(connection);
    RemoteTables::Undo undo;
    tables.merge(xorb, first, chunks, undo);
    return tables.write();
  });
  for (const std::int64_t id : changed) cache_.forget(id);
}

void LocalStore::touch_xorbs(std::span<const xet::XorbHash> xorbs) {
  const std::int64_t now_s = unix_now_s();
  const bool is_due = database_.read([&](Connection& connection) {
    return std::any_of(xorbs.begin(), xorbs.end(), [&](const xet::XorbHash& hash) {
      const auto row = find_xorb_row(connection, hash);
      return row && row->last_used_s < now_s - kTouchIntervalS;
    });
  });
  if (!is_due) return;
  database_.write([&](Connection& connection) {
    for (const xet::XorbHash& hash : xorbs) {
      if (const auto row = find_xorb_row(connection, hash)) touch_xorb(connection, row->id, now_s);
    }
  });
}

// --- chunks

std::vector<ChunkPlace> LocalStore::places_of(Connection& connection, const xet::ChunkHash& hash) {
  std::vector<ChunkPlace> places;
  for (const Candidate& candidate : find_candidates(connection, hash)) {
    auto table = cache_.get(connection, candidate.xorb_id);
    if (table && !table->knows(candidate.chunk))
      table = cache_.reload(connection, candidate.xorb_id);
    if (!table || !table->knows(candidate.chunk)) continue;
    if (table->index.chunks[candidate.chunk].hash != hash) continue;
    places.push_back({table->index.hash, candidate.chunk, candidate.local});
  }
  return places;
}

std::vector<ChunkPlace> LocalStore::find_chunk(const xet::ChunkHash& hash) {
  return database_.read([&](Connection& connection) { return places_of(connection, hash); });
}

std::vector<std::vector<ChunkPlace>> LocalStore::find_chunks(
    std::span<const xet::ChunkHash> chunks) {
  // Neighbours in the order of keys lie in one page of the index.
  std::vector<std::pair<std::int64_t, std::size_t>> order(chunks.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) order[i] = {chunk_key(chunks[i]), i};
  std::sort(order.begin(), order.end());
  std::vector<std::vector<ChunkPlace>> places(chunks.size());
  database_.read([&](Connection& connection) {
    for (const auto& [key, i] : order) places[i] = places_of(connection, chunks[i]);
  });
  return places;
}

// --- what remotes hold

void LocalStore::note_remote_xorbs(std::string_view remote, std::span<const xet::XorbHash> xorbs) {
  if (xorbs.empty()) return;
  database_.write([&](Connection& connection) {
    const std::int64_t id = remote_id(connection, remote);
    for (const xet::XorbHash& hash : xorbs) {
      connection.run("INSERT OR IGNORE INTO remote_xorbs (hash, remote) VALUES (?, ?)",
                     ByteView(hash.bytes), id);
    }
  });
}

void LocalStore::note_remote_files(std::string_view remote, std::span<const Sha256> files) {
  if (files.empty()) return;
  database_.write([&](Connection& connection) {
    const std::int64_t id = remote_id(connection, remote);
    for (const Sha256& sha256 : files) {
      connection.run("INSERT OR IGNORE INTO remote_files (sha256, remote) VALUES (?, ?)",
                     ByteView(sha256.bytes), id);
    }
  });
}

bool LocalStore::remote_has_xorb(std::string_view remote, const xet::XorbHash& xorb) {
  return database_.read([&](Connection& connection) {
    Query query(connection,
                "SELECT 1 FROM remote_xorbs WHERE hash = ? AND remote = "
                "(SELECT id FROM remotes WHERE url = ?)",
                ByteView(xorb.bytes), remote);
    return query.next();
  });
}

bool LocalStore::remote_has_file(std::string_view remote, const Sha256& file) {
  return database_.read([&](Connection& connection) {
    Query query(connection,
                "SELECT 1 FROM remote_files WHERE sha256 = ? AND remote = "
                "(SELECT id FROM remotes WHERE url = ?)",
                ByteView(file.bytes), remote);
    return query.next();
  });
}

bool LocalStore::any_remote_has_xorb(const xet::XorbHash& xorb) {
  return database_.read([&](Connection& connection) {
    Query query(connection, "SELECT 1 FROM remote_xorbs WHERE hash = ? LIMIT 1",
                ByteView(xorb.bytes));
    return query.next();
  });
}

void LocalStore::forget_remote(std::string_view remote) {
  database_.write([&](Connection& connection) {
    const std::int64_t id = remote_id(connection, remote);
    connection.run("DELETE FROM remote_xorbs WHERE remote = ?", id);
    connection.run("DELETE FROM remote_files WHERE remote = ?", id);
    connection.run("DELETE FROM remotes WHERE id = ?", id);
  });
}

// --- working files

void LocalStore::note_working_files(std::span<const WorkingFile> files) {
  if (files.empty()) return;
  database_.write([&](Connection& connection) {
    for (const WorkingFile& file : files) {
      connection.run(
          "INSERT OR REPLACE INTO working_files (path, sha256, size, mtime_ns, ctime_ns, inode, "
          "device, disk_bytes, mode) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
          path_bytes(file.path), ByteView(file.sha256.bytes), file.stat.size_bytes,
          file.stat.mtime_ns, file.stat.ctime_ns, file.stat.inode, file.stat.device,
          file.stat.disk_bytes, file.stat.mode);
    }
  });
}

std::optional<WorkingFile> LocalStore::find_working_file(const std::filesystem::path& path) {
  return database_.read([&](Connection& connection) -> std::optional<WorkingFile> {
    Query query(connection,
                "SELECT path, sha256, size, mtime_ns, ctime_ns, inode, device, disk_bytes, mode "
                "FROM working_files WHERE path = ?",
                path_bytes(path));
    if (!query.next()) return std::nullopt;
    return read_working_file(query);
  });
}

std::vector<WorkingFile> LocalStore::working_files_with(const Sha256& sha256) {
  return database_.read([&](Connection& connection) {
    std::vector<WorkingFile> files;
    Query query(connection,
                "SELECT path, sha256, size, mtime_ns, ctime_ns, inode, device, disk_bytes, mode "
                "FROM working_files WHERE sha256 = ?",
                ByteView(sha256.bytes));
    while (query.next()) files.push_back(read_working_file(query));
    return files;
  });
}

std::vector<WorkingFile> LocalStore::working_files() {
  return database_.read([&](Connection& connection) {
    std::vector<WorkingFile> files;
    Query query(connection,
                "SELECT path, sha256, size, mtime_ns, ctime_ns, inode, device, disk_bytes, mode "
                "FROM working_files");
    while (query.next()) files.push_back(read_working_file(query));
    return files;
  });
}

void LocalStore::forget_working_file(const std::filesystem::path& path) {
  database_.write([&](Connection& connection) {
    connection.run("DELETE FROM working_files WHERE path = ?", path_bytes(path));
  });
}

StoreTotals LocalStore::totals() {
  StoreTotals totals = database_.read([&](Connection& connection) {
    const auto number = [&](const char* sql) {
      return static_cast<std::uint64_t>(connection.number(sql));
    };
    StoreTotals counted;
    counted.files = number("SELECT count(*) FROM files");
    counted.logical_bytes = number("SELECT coalesce(sum(size), 0) FROM files");
    counted.xorbs_local = number("SELECT count(*) FROM xorbs WHERE local");
    counted.xorbs_known = number("SELECT count(*) FROM xorbs");
    counted.chunks = number("SELECT coalesce(sum(chunk_count), 0) FROM xorbs");
    counted.disk_bytes = number("SELECT coalesce(sum(disk_bytes), 0) FROM xorbs");
    return counted;
  });
  for (const char* suffix : {"", "-wal", "-shm"}) {
    auto path = layout_.database();
    path += suffix;
    if (const auto stat = fs_.stat(path)) totals.disk_bytes += stat->size_bytes;
  }
  return totals;
}

}  // namespace mhub::store
