// Mending what check() found. A damaged xorb is written anew from good copies of its chunks; its
// hash does not depend on how they are compressed, so the new file takes the old one's place. One
// that cannot be completed stops being local: then nothing refers to its bad chunks any more, and
// adding the file again, or fetching the xorb, stores them afresh.

#include <mhub/base/error.hpp>
#include <mhub/store/check.hpp>
#include <mhub/store/ingest.hpp>

#include "recipes.hpp"
#include "xorb_files.hpp"

namespace mhub::store {

namespace {

class Mender {
public:
  Mender(LocalStore& store, ChunkSource& source, Progress& progress, const StopToken& stop)
      : store_(store), source_(source), progress_(progress), stop_(stop) {}

  /// These two want the store locked against garbage collection.
  void mend_index();
  void mend_xorb(const xet::XorbHash& hash);
  /// Takes xorbs that could not be completed out of use. Locks the store alone. Throws Error: busy.
  void give_up_hopeless();

private:
  void mend_row(std::int64_t id);
  bool find_chunk(File* file, const XorbTable& table, std::uint32_t chunk);
  XorbCache::Table table_of_file(const XorbCache::Table& table, File& file);
  bool is_whole(File& file, const XorbTable& table);
  void give_up(const xet::XorbHash& hash);

  LocalStore& store_;
  ChunkSource& source_;
  Progress& progress_;
  const StopToken& stop_;
  std::vector<xet::XorbHash> hopeless_;
  Bytes chunk_;
};

/// Null if it is gone.
std::unique_ptr<File> open_if_there(LocalStore& store, const xet::XorbHash& hash) {
  try {
    return store.open_xorb(hash);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    return nullptr;
  }
}

/// Makes the rows of every xorb agree with its file, and removes chunk rows that point nowhere.
void Mender::mend_index() {
  const auto ids = store_.database().read([&](Connection& connection) {
    std::vector<std::int64_t> found;
    Query query(connection, "SELECT id FROM xorbs");
    while (query.next()) found.push_back(query.integer(0));
    return found;
  });
  for (const std::int64_t id : ids) {
    stop_.check();
    mend_row(id);
  }
  store_.database().write([](Connection& connection) {
    connection.run(
        "DELETE FROM chunks WHERE NOT EXISTS (SELECT 1 FROM xorbs x WHERE x.id = place >> 13 "
        "AND (place & 8191) < x.chunk_count)");
  });
}

void Mender::mend_row(std::int64_t id) {
  struct Raw {
    Bytes hash;
    bool local = false;
    std::optional<XorbTable> table;
  };
  const Raw raw = store_.database().read([&](Connection& connection) {
    Raw row;
    Query query(connection, "SELECT hash, local FROM xorbs WHERE id = ?", id);
    if (query.next()) {
      const ByteView hash = query.blob(0);
      row.hash.assign(hash.begin(), hash.end());
      row.local = query.integer(1) != 0;
    }
    try {
      row.table = load_xorb(connection, id);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::corrupt) throw;
    }
    return row;
  });

  xet::XorbIndex index;
  bool whole = false;
  if (raw.table &&
      (!raw.local || xet::xorb_hash(raw.table->index.chunks) == raw.table->index.hash)) {
    index = raw.table->index;
    whole = true;
  } else if (raw.local && raw.hash.size() == xet::kHashBytes) {
    const auto hash =
        xet::XorbHash::from_raw(std::span<const std::byte, xet::kHashBytes>(raw.hash));
    if (const auto file = open_if_there(store_, hash)) {
      if (auto found = index_of_file(*file, hash)) {
        index = std::move(*found);
        whole = true;
      }
    }
  }
  const std::int64_t now_s = unix_now_s();
  store_.database().write([&](Connection& connection) {
    // A row that cannot be read is made anew, if its file says what it was. Otherwise not even its
    // chunks are known any more; what remotes hold can be noted again.
    if (!raw.table || !whole) delete_xorb(connection, id, nullptr);
    if (!whole) return;
    if (raw.local) {
      const auto stat = store_.fs().stat(store_.layout().xorb(index.hash));
      put_local_xorb(connection, index, stat ? stat->size_bytes : 0, now_s);
    } else {
      rewrite_chunk_rows(connection, id, index);
    }
  });
  store_.cache().forget(id);
}

/// Puts a good copy of the chunk into chunk_; false if there is none.
bool Mender::find_chunk(File* file, const XorbTable& table, std::uint32_t chunk) {
  if (file != nullptr && LocalStore::read_verified(*file, table, chunk, chunk_)) return true;
  const xet::ChunkRef& ref = table.index.chunks[chunk];
  if (store_.read_copy(ref, table.row.id, chunk_)) return true;
  xet::Term term{table.index.hash, 0, static_cast<std::uint32_t>(table.index.chunks.size()),
                 static_cast<std::uint32_t>(table.index.raw_bytes())};
  auto bytes = source_.read_chunk(term, chunk, ref);
  if (!bytes || bytes->size() != ref.size_bytes || xet::hash_chunk(*bytes) != ref.hash)
    return false;
  chunk_ = std::move(*bytes);
  return true;
}

/// The row's table, or the footer's where that disagrees: the same xorb may have been compressed
/// anew without its row being told (a crash between the two). The row follows.
XorbCache::Table Mender::table_of_file(const XorbCache::Table& table, File& file) {
  const auto index = index_by_footer(file, table->index.hash);
  if (!index || index->record_ends == table->index.record_ends) return table;
  store_.database().write([&](Connection& connection) {
    put_local_xorb(connection, *index, file.stat().size_bytes, unix_now_s());
  });
  store_.cache().forget(table->row.id);
  return store_.xorb_table(table->index.hash);
}

/// A footer that is damaged counts, too.
bool Mender::is_whole(File& file, const XorbTable& table) {
  if (!index_by_footer(file, table.index.hash)) return false;
  for (std::uint32_t i = 0; i < table.index.chunks.size(); ++i) {
    stop_.check();
    if (!LocalStore::read_verified(file, table, i, chunk_)) return false;
  }
  return true;
}

void Mender::mend_xorb(const xet::XorbHash& hash) {
  auto table = store_.xorb_table(hash);
  if (!table || !table->row.local) return;
  const auto file = open_if_there(store_, hash);
  if (file) {
    const auto told = std::exchange(table, table_of_file(table, *file));
    if (table != told && is_whole(*file, *table)) return;
  }

  XorbWriter writer(store_.fs(), store_.layout());
  const auto count = static_cast<std::uint32_t>(table->index.chunks.size());
  xet::Scheme scheme = xet::Scheme::none;
  Bytes compressed;
  for (std::uint32_t i = 0; i < count; ++i) {
    stop_.check();
    if (!find_chunk(file.get(), *table, i)) {
      hopeless_.push_back(hash);
      return;
    }
    if (i % 16 == 0) scheme = xet::choose_scheme(chunk_);
    writer.add(prepare_chunk(table->index.chunks[i], scheme, chunk_, compressed));
    writer.settle();
    progress_.advance(chunk_.size());
  }
  SealedXorb sealed = writer.seal(store_.durable());
  MHUB_ASSERT(sealed.index.hash == hash);
  store_.register_xorb(sealed, LocalStore::Present::replace);
  store_.cache().forget(table->row.id);
}

void Mender::give_up_hopeless() {
  for (const xet::XorbHash& hash : hopeless_) give_up(hash);
}

/// Packs the good chunks into a new xorb, lets the recipes refer to that, and takes the bad one
/// away.
void Mender::give_up(const xet::XorbHash& hash) {
  const auto table = store_.xorb_table(hash);
  if (!table || !table->row.local) return;
  const auto file = open_if_there(store_, hash);
  NewPlaces places;
  std::vector<xet::XorbHash> packed;
  {
    const auto packer = start_packing(store_);
    for (std::uint32_t i = 0; file && i < table->index.chunks.size(); ++i) {
      stop_.check();
      if (LocalStore::read_verified(*file, *table, i, chunk_))
        packer->add(table->index.chunks[i].hash, chunk_);
    }
    packed = packer->commit();
    add_places(store_, packed, places);
  }
  const FileLock alone = store_.lock_for_removing(CollectOptions{}.patience);
  const auto path = store_.layout().xorb(hash);
  const auto stat = store_.fs().stat(path);
  // Somebody else may have brought the xorb back while nothing was locked.
  if (stat.has_value() != (file != nullptr) || (stat && stat->inode != file->stat().inode)) return;
  const bool done = store_.database().write([&](Connection& connection) {
    if (!all_local(connection, packed)) return false;
    move_recipes(store_, connection, {hash}, places);
    set_not_local(connection, table->row.id);
    return true;
  });
  if (!done) return;
  store_.cache().forget(table->row.id);
  store_.fs().remove(path);
}

}  // namespace

CheckReport repair(Store& store, const CheckReport& found, ChunkSource& source, Progress& progress,
                   const StopToken& stop) {
  LocalStore& local = internals(store);
  std::unordered_set<xet::XorbHash> broken(found.missing.begin(), found.missing.end());
  for (const DamagedXorb& xorb : found.damaged) broken.insert(xorb.xorb);
  progress.phase("repairing", 0);
  Mender mender(local, source, progress, stop);
  {
    const FileLock writing = local.lock_for_writing();
    if (!found.index_faults.empty()) mender.mend_index();
    for (const xet::XorbHash& hash : broken) mender.mend_xorb(hash);
  }
  mender.give_up_hopeless();
  return check_some(local, &broken, progress, stop);
}

}  // namespace mhub::store
