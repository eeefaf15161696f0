// Mending what check() found. A damaged xorb is written anew from good copies of its chunks; its
// hash does not depend on how they are compressed, so the new file takes the old one's place. One
// that cannot be completed stops being local: then nothing refers to its bad chunks any more, and
// adding the file again, or fetching the xorb, stores them afresh.

#include <mhub/base/error.hpp>
#include <mhub/store/check.hpp>
#include <mhub/store/ingest.hpp>

#include "local_store.hpp"
#include "xorb_files.hpp"

namespace mhub::store {

namespace {

class Mender {
public:
  Mender(LocalStore& store, ChunkSource& source, Progress& progress, const StopToken& stop)
      : store_(store), source_(source), progress_(progress), stop_(stop) {}

  void mend_index();
  void mend_xorb(const xet::XorbHash& hash);

private:
  void mend_row(std::int64_t id);
  bool find_chunk(File* file, const XorbTable& table, std::uint32_t chunk);
  void give_up(const XorbTable& table, File* file);

  LocalStore& store_;
  ChunkSource& source_;
  Progress& progress_;
  const StopToken& stop_;
  Bytes chunk_;
};

/// Makes the rows of every xorb agree with its file, and removes chunk rows that point nowhere.
void Mender::mend_index() {
  const auto ids = store_.database().read([&](Connection& connection) {
    std::vector<std::int64_t> found;
    Query query(connection, "SELECT id FROM xorbs");
    while (query.step()) found.push_back(query.integer(0));
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
    if (query.step()) {
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
    try {
      const auto file = store_.open_xorb(hash);
      if (auto found = index_of_file(*file, hash)) {
        index = std::move(*found);
        whole = true;
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;
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

void Mender::mend_xorb(const xet::XorbHash& hash) {
  const auto table = store_.xorb_table(hash);
  if (!table || !table->row.local) return;
  std::unique_ptr<File> file;
  try {
    file = store_.open_xorb(hash);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
  }

  XorbWriter writer(store_.fs(), store_.layout());
  const auto count = static_cast<std::uint32_t>(table->index.chunks.size());
  xet::Scheme scheme = xet::Scheme::none;
  Bytes compressed;
  for (std::uint32_t i = 0; i < count; ++i) {
    stop_.check();
    if (!find_chunk(file.get(), *table, i)) return give_up(*table, file.get());
    if (i % 16 == 0) scheme = xet::choose_scheme(chunk_);
    writer.add(prepare_chunk(table->index.chunks[i], scheme, chunk_, compressed));
    writer.settle();
    progress_.advance(chunk_.size());
  }
  const SealedXorb sealed = writer.seal(store_.durable());
  MHUB_ASSERT(sealed.index.hash == hash);
  store_.register_xorbs(std::span(&sealed, 1));
  store_.cache().forget(table->row.id);
}

void Mender::give_up(const XorbTable& table, File* file) {
  const auto packer = start_packing(store_);
  for (std::uint32_t i = 0; file != nullptr && i < table.index.chunks.size(); ++i) {
    if (LocalStore::read_verified(*file, table, i, chunk_))
      packer->add(table.index.chunks[i].hash, chunk_);
  }
  packer->commit();
  store_.database().write([&](Connection& connection) { set_not_local(connection, table.row.id); });
  store_.cache().forget(table.row.id);
  store_.fs().remove(store_.layout().xorb(table.index.hash));
}

}  // namespace

CheckReport repair(Store& store, const CheckReport& found, ChunkSource& source, Progress& progress,
                   const StopToken& stop) {
  LocalStore& local = internals(store);
  std::unordered_set<xet::XorbHash> broken(found.missing.begin(), found.missing.end());
  for (const DamagedXorb& xorb : found.damaged) broken.insert(xorb.xorb);
  progress.phase("repairing", 0);
  {
    const FileLock writing = local.lock_for_writing();
    Mender mender(local, source, progress, stop);
    if (!found.index_faults.empty()) mender.mend_index();
    for (const xet::XorbHash& hash : broken) mender.mend_xorb(hash);
  }
  return check_some(local, &broken, progress, stop);
}

}  // namespace mhub::store
