// Reading stored content. Every chunk is compared with its hash before a byte of it leaves the
// store; a chunk that is damaged in one place is taken from another where there is one.

#include <mhub/base/error.hpp>

#include "local_store.hpp"
#include "xorb_files.hpp"

namespace mhub::store {

bool decode_verified(ByteView record, const xet::ChunkRef& ref, Bytes& out, ByteView& view) {
  try {
    const auto parsed = xet::RecordReader(record).next();
    if (!parsed || parsed->end_offset != record.size() ||
        parsed->header.size_bytes != ref.size_bytes) {
      return false;
    }
    if (parsed->header.scheme == xet::Scheme::none) {
      view = parsed->payload;
      return xet::hash_chunk(view) == ref.hash;
    }
    if (xet::decode_record(*parsed, out) != ref.hash) return false;
    view = out;
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::corrupt) throw;
    return false;
  }
}

namespace {

/// Records are read from disk in spans of about this size.
constexpr std::size_t kSpanBytes = std::size_t{1} << 20;

/// Our own not_found, told apart from one that the caller's sink throws.
class ChunkNotFound : public Error {
public:
  using Error::Error;
};

class FileReader {
public:
  FileReader(LocalStore& store, const ByteSink& sink, ChunkSource* elsewhere)
      : store_(store), sink_(sink), elsewhere_(elsewhere) {}

  /// Sends [begin_, end_) of `file`; begin_ moves along.
  void read(const FileRecord& file);

  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;

private:
  void read_term(const xet::Term& term, std::uint64_t term_start, const XorbCache::Table& table);
  void read_run(const xet::Term& term, const XorbCache::Table& table, std::uint32_t first,
                std::uint32_t last, std::uint64_t position);
  void send(std::uint64_t chunk_start, ByteView chunk);
  ByteView read_elsewhere(const xet::Term& term, const XorbTable& table, std::uint32_t chunk);
  File* open(const XorbCache::Table& table);
  std::span<std::byte> room_for(std::size_t size_bytes);

  LocalStore& store_;
  const ByteSink& sink_;
  ChunkSource* elsewhere_;
  std::int64_t open_id_ = 0;
  std::unique_ptr<File> open_file_;
  std::unique_ptr<std::byte[]> span_;
  std::size_t span_bytes_ = 0;
  Bytes chunk_;
};

void FileReader::read(const FileRecord& file) {
  std::uint64_t position = 0;
  for (const xet::Term& term : file.terms) {
    if (position >= end_) break;
    if (position + term.size_bytes > begin_) {
      const auto table = store_.xorb_table(term.xorb);
      if (!table) {
        throw ChunkNotFound(ErrorKind::not_found, "xorb {} is not known in this store",
                            term.xorb.text());
      }
      read_term(term, position, table);
    }
    position += term.size_bytes;
  }
}

void FileReader::read_term(const xet::Term& term, std::uint64_t term_start,
                           const XorbCache::Table& table) {
  std::uint64_t position = term_start;
  std::uint64_t first_position = term_start;
  std::uint32_t first = term.first_chunk;
  std::uint32_t last = term.first_chunk;
  for (std::uint32_t i = term.first_chunk; i < term.end_chunk; ++i) {
    if (!table->knows(i)) {
      throw ChunkNotFound(ErrorKind::not_found, "chunk {} of xorb {} was never seen here", i,
                          term.xorb.text());
    }
    const std::uint64_t next = position + table->index.chunks[i].size_bytes;
    if (next <= begin_) {
      first = i + 1;
      first_position = next;
    }
    if (position < end_) last = i + 1;
    position = next;
  }
  if (position - term_start != term.size_bytes) {
    throw Error(ErrorKind::corrupt, "the index contradicts itself about chunks {} to {} of xorb {}",
                term.first_chunk, term.end_chunk, term.xorb.text());
  }
  if (first < last) read_run(term, table, first, last, first_position);
}

/// Sends what is wanted of chunks [first, last), which begin at `position` of the file.
void FileReader::read_run(const xet::Term& term, const XorbCache::Table& table, std::uint32_t first,
                          std::uint32_t last, std::uint64_t position) {
  File* const file = table->row.local ? open(table) : nullptr;
  const xet::XorbIndex& index = table->index;
  for (std::uint32_t i = first; i < last;) {
    std::uint32_t span_end = i + 1;
    std::size_t got = 0;
    std::span<std::byte> span;
    const std::uint32_t span_start = index.record_start(i);
    if (file != nullptr) {
      while (span_end < last && index.record_ends[span_end] - span_start <= kSpanBytes) ++span_end;
      span = room_for(index.record_ends[span_end - 1] - span_start);
      got = read_what_can_be(*file, span, span_start);
    }
    for (; i < span_end; ++i) {
      const xet::ChunkRef& ref = index.chunks[i];
      ByteView view;
      const bool whole = file != nullptr && index.record_ends[i] - span_start <= got &&
                         decode_verified(span.subspan(index.record_start(i) - span_start,
                                                      index.record_ends[i] - index.record_start(i)),
                                         ref, chunk_, view);
      if (!whole) view = read_elsewhere(term, *table, i);
      send(position, view);
      position += ref.size_bytes;
    }
  }
}

/// The same place each time, its bytes not set.
std::span<std::byte> FileReader::room_for(std::size_t size_bytes) {
  if (span_bytes_ < size_bytes) {
    span_ = std::make_unique_for_overwrite<std::byte[]>(size_bytes);
    span_bytes_ = size_bytes;
  }
  return {span_.get(), size_bytes};
}

void FileReader::send(std::uint64_t chunk_start, ByteView chunk) {
  const std::uint64_t from = std::max(chunk_start, begin_);
  const std::uint64_t to = std::min(chunk_start + chunk.size(), end_);
  sink_(chunk.subspan(from - chunk_start, to - from));
  begin_ = to;
}

ByteView FileReader::read_elsewhere(const xet::Term& term, const XorbTable& table,
                                    std::uint32_t chunk) {
  const xet::ChunkRef& ref = table.index.chunks[chunk];
  if (table.row.local) {
    // Before damage is spoken of: another process may have put a new file in the old one's place.
    const auto fresh = store_.database().read(
        [&](Connection& connection) { return store_.cache().reload(connection, table.row.id); });
    if (fresh && fresh->row.local && fresh->knows(chunk)) {
      try {
        const auto file = store_.open_xorb(fresh->index.hash);
        if (LocalStore::read_verified(*file, *fresh, chunk, chunk_)) return chunk_;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found) throw;
      }
    }
  }
  if (store_.read_copy(ref, table.row.id, chunk_)) return chunk_;
  if (elsewhere_ != nullptr) {
    if (auto bytes = elsewhere_->read_chunk(term, chunk, ref)) {
      if (bytes->size() == ref.size_bytes && xet::hash_chunk(*bytes) == ref.hash) {
        chunk_ = std::move(*bytes);
        return chunk_;
      }
      throw Error(ErrorKind::corrupt, "chunk {} of xorb {} came with bytes that are not its own",
                  chunk, term.xorb.text());
    }
  }
  if (table.row.local) {
    throw Error(ErrorKind::corrupt, "xorb {}: chunk {} is damaged", term.xorb.text(), chunk);
  }
  throw ChunkNotFound(ErrorKind::not_found, "chunk {} of xorb {} is not in this store", chunk,
                      term.xorb.text());
}

/// Null if the file is gone.
File* FileReader::open(const XorbCache::Table& table) {
  if (open_file_ && open_id_ == table->row.id) return open_file_.get();
  open_file_.reset();
  try {
    open_file_ = store_.open_xorb(table->index.hash);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
  }
  open_id_ = table->row.id;
  return open_file_.get();
}

}  // namespace

bool LocalStore::read_verified(File& file, const XorbTable& table, std::uint32_t chunk,
                               Bytes& out) {
  const xet::XorbIndex& index = table.index;
  const std::uint32_t start = index.record_start(chunk);
  Bytes record(index.record_ends[chunk] - start);
  if (read_what_can_be(file, record, start) != record.size()) return false;
  ByteView view;
  if (!decode_verified(record, index.chunks[chunk], out, view)) return false;
  if (view.data() != out.data()) out.assign(view.begin(), view.end());
  return true;
}

bool LocalStore::read_copy(const xet::ChunkRef& ref, std::int64_t except, Bytes& out) {
  const auto candidates =
      database_.read([&](Connection& connection) { return find_candidates(connection, ref.hash); });
  for (const Candidate& candidate : candidates) {
    if (!candidate.local || candidate.xorb_id == except) continue;
    const auto table = database_.read([&](Connection& connection) {
      const auto row = find_xorb_row(connection, candidate.xorb_id);
      return row ? cache_.get(connection, row->hash) : nullptr;
    });
    if (!table || !table->row.local || !table->knows(candidate.chunk)) continue;
    if (table->index.chunks[candidate.chunk] != ref) continue;
    try {
      const auto file = open_xorb(table->index.hash);
      if (read_verified(*file, *table, candidate.chunk, out)) return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;
    }
  }
  return false;
}

Bytes LocalStore::read_records(const xet::XorbHash& xorb, std::uint32_t first, std::uint32_t end) {
  const auto table = xorb_table(xorb);
  if (!table || !table->row.local) {
    throw Error(ErrorKind::not_found, "xorb {} is not in this store", xorb.text());
  }
  const xet::XorbIndex& index = table->index;
  if (first > end || end > index.chunks.size()) {
    throw Error(ErrorKind::not_found, "xorb {} has {} chunks; {} to {} were asked for", xorb.text(),
                index.chunks.size(), first, end);
  }
  if (first == end) return {};
  const std::uint32_t start = index.record_start(first);
  Bytes records(index.record_ends[end - 1] - start);
  if (open_xorb(xorb)->read_at(records, start) != records.size()) {
    throw Error(ErrorKind::corrupt, "the file of xorb {} is cut short", xorb.text());
  }
  return records;
}

void LocalStore::read_file(const FileRecord& file, std::uint64_t offset, std::uint64_t length,
                           const ByteSink& sink, ChunkSource* elsewhere) {
  FileReader reader(*this, sink, elsewhere);
  reader.begin_ = std::min(offset, file.size_bytes);
  reader.end_ = reader.begin_ + std::min(length, file.size_bytes - reader.begin_);
  if (reader.begin_ == reader.end_) return;
  try {
    reader.read(file);
  } catch (const ChunkNotFound&) {
    // Garbage collection may have moved the chunks since the caller got the recipe.
    const auto fresh = find_file(file.sha256);
    if (!fresh || fresh->terms == file.terms || fresh->size_bytes != file.size_bytes) throw;
    reader.read(*fresh);
  }
}

}  // namespace mhub::store
