#include "index.hpp"

#include <algorithm>
#include <chrono>

#include <mhub/base/error.hpp>

namespace mhub::store {

namespace {

constexpr int kMaxPlaces = 64;
/// Some chunks (all zeros) lie in nearly every xorb; no more of their places than this are looked
/// at.
constexpr int kMaxPlacesSeen = 256;

template <class HashType>
ByteView raw(const HashType& hash) {
  return hash.bytes;
}

constexpr std::string_view kRowColumns =
    "SELECT id, hash, chunk_count, body_bytes, local, disk_bytes, last_used, raw_bytes FROM xorbs";

XorbRow read_row(const Query& query) {
  XorbRow row;
  row.id = query.integer(0);
  row.hash = hash_column<xet::XorbHash>(query, 1);
  const std::int64_t count = query.integer(2);
  const std::int64_t body = query.integer(3);
  const std::int64_t disk = query.integer(5);
  if (count < 0 || count > xet::kXorbMaxChunks || body < 0 || disk < 0 ||
      body > static_cast<std::int64_t>(xet::kXorbMaxUploadBytes)) {
    throw Error(ErrorKind::corrupt, "the index holds impossible sizes for xorb {}",
                row.hash.text());
  }
  row.chunk_count = static_cast<std::uint32_t>(count);
  row.body_bytes = static_cast<std::uint64_t>(body);
  row.local = query.integer(4) != 0;
  row.disk_bytes = static_cast<std::uint64_t>(disk);
  row.last_used_s = query.integer(6);
  row.raw_bytes = static_cast<std::uint64_t>(query.integer(7));
  return row;
}

/// Adds the rows of the chunks that `wanted` picks. Sorted by key: neighbours then fall into the
/// same page, which is several times faster than in file order.
template <class Wanted>
void insert_chunk_rows(Connection& connection, std::int64_t id,
                       std::span<const xet::ChunkRef> chunks, std::uint32_t first, Wanted wanted) {
  std::vector<std::pair<std::int64_t, std::int64_t>> rows;
  rows.reserve(chunks.size());
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const auto number = static_cast<std::uint32_t>(first + i);
    if (wanted(number)) rows.emplace_back(chunk_key(chunks[i].hash), pack_place(id, number));
  }
  std::sort(rows.begin(), rows.end());
  for (const auto& [key, place] : rows) {
    connection.run("INSERT OR IGNORE INTO chunks (key, place) VALUES (?, ?)", key, place);
  }
}

void update_table(Connection& connection, std::int64_t id, const xet::XorbIndex& index) {
  const Bytes blob = encode_chunk_table(index);
  connection.run(
      "UPDATE xorbs SET chunk_count = ?, body_bytes = ?, raw_bytes = ?, chunks = ? WHERE id = ?",
      index.chunks.size(), index.body_bytes(), index.raw_bytes(), ByteView(blob), id);
}

void delete_chunk_rows(Connection& connection, std::int64_t id, const XorbTable& table) {
  std::vector<std::pair<std::int64_t, std::int64_t>> rows;
  for (std::uint32_t i = 0; i < table.index.chunks.size(); ++i)
    rows.emplace_back(chunk_key(table.index.chunks[i].hash), pack_place(id, i));
  std::sort(rows.begin(), rows.end());
  for (const auto& [key, place] : rows)
    connection.run("DELETE FROM chunks WHERE key = ? AND place = ?", key, place);
}

std::optional<FileRecord> read_file_row(Query& query) {
  if (!query.next()) return std::nullopt;
  FileRecord file;
  file.sha256 = hash_column<Sha256>(query, 0);
  const std::int64_t size = query.integer(1);
  file.xet_hash = hash_column<xet::FileHash>(query, 2);
  file.terms = decode_terms(query.blob(3), file.sha256);
  file.size_bytes = static_cast<std::uint64_t>(size);
  std::uint64_t sum = 0;
  for (const xet::Term& term : file.terms) sum += term.size_bytes;
  if (size < 0 || sum != file.size_bytes) {
    throw Error(ErrorKind::corrupt, "the index holds a recipe of {} bytes for file {} of {}", sum,
                file.sha256.hex(), size);
  }
  return file;
}

}  // namespace

template <class HashType>
HashType hash_column(const Query& query, int column) {
  const ByteView blob = query.blob(column);
  HashType hash;
  if (blob.size() != hash.bytes.size()) {
    throw Error(ErrorKind::corrupt, "the index holds a hash of {} bytes instead of {}", blob.size(),
                hash.bytes.size());
  }
  std::copy(blob.begin(), blob.end(), hash.bytes.begin());
  return hash;
}
template xet::XorbHash hash_column<xet::XorbHash>(const Query&, int);
template xet::FileHash hash_column<xet::FileHash>(const Query&, int);
template Sha256 hash_column<Sha256>(const Query&, int);

std::int64_t unix_now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Bytes encode_chunk_table(const xet::XorbIndex& index) {
  Bytes blob(index.chunks.size() * kChunkRowBytes);
  for (std::size_t i = 0; i < index.chunks.size(); ++i) {
    std::byte* at = blob.data() + i * kChunkRowBytes;
    std::copy(index.chunks[i].hash.bytes.begin(), index.chunks[i].hash.bytes.end(), at);
    store_le(at + 32, index.chunks[i].size_bytes);
    store_le(at + 36, index.record_ends[i]);
  }
  return blob;
}

void decode_chunk_table(ByteView blob, bool complete, xet::XorbIndex& index) {
  const auto damaged = [&](std::string_view what) {
    return Error(ErrorKind::corrupt, "the index holds a damaged chunk table for xorb {}: {}",
                 index.hash.text(), what);
  };
  const std::size_t count = blob.size() / kChunkRowBytes;
  if (blob.size() % kChunkRowBytes != 0 || count > xet::kXorbMaxChunks)
    throw damaged(fmt::format("{} bytes", blob.size()));
  if (complete && count == 0) throw damaged("no chunks");
  index.chunks.resize(count);
  index.record_ends.resize(count);
  std::uint64_t end_before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::byte* at = blob.data() + i * kChunkRowBytes;
    xet::ChunkRef& chunk = index.chunks[i];
    std::copy(at, at + 32, chunk.hash.bytes.begin());
    chunk.size_bytes = load_le<std::uint32_t>(at + 32);
    const auto end = load_le<std::uint32_t>(at + 36);
    index.record_ends[i] = end;
    if (chunk.size_bytes > xet::kChunkMaxBytes) throw damaged("a chunk is too large");
    if (!complete) continue;
    if (chunk.size_bytes == 0) throw damaged("a chunk is empty");
    if (end <= end_before + xet::kRecordHeaderBytes ||
        end > end_before + xet::kRecordHeaderBytes + xet::kRecordMaxStoredBytes) {
      throw damaged("a record lies out of place");
    }
    end_before = end;
  }
  if (end_before > xet::kXorbMaxUploadBytes) throw damaged("the body is too long");
}

std::optional<XorbRow> find_xorb_row(Connection& connection, const xet::XorbHash& hash) {
  Query query(connection,
              "SELECT id, hash, chunk_count, body_bytes, local, disk_bytes, last_used, raw_bytes "
              "FROM xorbs "
              "WHERE hash = ?",
              raw(hash));
  if (!query.next()) return std::nullopt;
  return read_row(query);
}

std::optional<XorbRow> find_xorb_row(Connection& connection, std::int64_t id) {
  Query query(connection,
              "SELECT id, hash, chunk_count, body_bytes, local, disk_bytes, last_used, raw_bytes "
              "FROM xorbs "
              "WHERE id = ?",
              id);
  if (!query.next()) return std::nullopt;
  return read_row(query);
}

std::optional<XorbTable> load_xorb(Connection& connection, std::int64_t id) {
  XorbTable table;
  if (auto row = find_xorb_row(connection, id)) {
    table.row = *row;
  } else {
    return std::nullopt;
  }
  Query query(connection, "SELECT chunks FROM xorbs WHERE id = ?", id);
  if (!query.next()) return std::nullopt;
  table.index.hash = table.row.hash;
  decode_chunk_table(query.blob(0), table.row.local, table.index);
  return table;
}

void for_each_xorb_row(Connection& connection, const std::function<void(const XorbRow&)>& visit) {
  Query query(connection, kRowColumns);
  while (query.next()) visit(read_row(query));
}

std::int64_t put_local_xorb(Connection& connection, const xet::XorbIndex& index,
                            std::uint64_t disk_bytes, std::int64_t now_s) {
  std::int64_t id = 0;
  if (const auto known = find_xorb_row(connection, index.hash)) {
    id = known->id;
    update_table(connection, id, index);
    connection.run("UPDATE xorbs SET local = 1, disk_bytes = ?, last_used = ? WHERE id = ?",
                   disk_bytes, now_s, id);
  } else {
    const Bytes blob = encode_chunk_table(index);
    connection.run(
        "INSERT INTO xorbs (hash, chunk_count, body_bytes, raw_bytes, local, disk_bytes, "
        "last_used, chunks) VALUES (?, ?, ?, ?, 1, ?, ?, ?)",
        raw(index.hash), index.chunks.size(), index.body_bytes(), index.raw_bytes(), disk_bytes,
        now_s, ByteView(blob));
    id = connection.last_id();
  }
  insert_chunk_rows(connection, id, index.chunks, 0, [](std::uint32_t) { return true; });
  return id;
}

std::int64_t write_remote_table(Connection& connection, const XorbTable& table,
                                const std::vector<bool>& fresh, std::int64_t now_s) {
  std::int64_t id = table.row.id;
  if (id == 0) {
    connection.run(
        "INSERT INTO xorbs (hash, chunk_count, body_bytes, raw_bytes, local, disk_bytes, "
        "last_used, chunks) VALUES (?, 0, 0, 0, 0, 0, ?, x'')",
        raw(table.index.hash), now_s);
    id = connection.last_id();
  }
  update_table(connection, id, table.index);
  touch_xorb(connection, id, now_s);
  insert_chunk_rows(connection, id, table.index.chunks, 0,
                    [&](std::uint32_t number) { return number < fresh.size() && fresh[number]; });
  return id;
}

void rewrite_chunk_rows(Connection& connection, std::int64_t id, const xet::XorbIndex& index) {
  insert_chunk_rows(connection, id, index.chunks, 0,
                    [&](std::uint32_t number) { return index.chunks[number].size_bytes != 0; });
}

void set_not_local(Connection& connection, std::int64_t id) {
  connection.run("UPDATE xorbs SET local = 0, disk_bytes = 0 WHERE id = ?", id);
}

void touch_xorb(Connection& connection, std::int64_t id, std::int64_t now_s) {
  connection.run("UPDATE xorbs SET last_used = ? WHERE id = ? AND last_used < ?", now_s, id,
                 now_s - kTouchIntervalS);
}

void delete_xorb(Connection& connection, std::int64_t id, const XorbTable* table) {
  if (table != nullptr) {
    delete_chunk_rows(connection, id, *table);
  } else {
    connection.run("DELETE FROM chunks WHERE place BETWEEN ? AND ?", pack_place(id, 0),
                   pack_place(id, (1u << kPlaceShift) - 1));
  }
  connection.run("DELETE FROM xorbs WHERE id = ?", id);
}

std::vector<Candidate> find_candidates(Connection& connection, const xet::ChunkHash& hash) {
  std::vector<Candidate> found;
  Query query(connection,
              "SELECT c.place, x.local FROM (SELECT place FROM chunks WHERE key = ? LIMIT ?) c "
              "JOIN xorbs x ON x.id = c.place >> 13 ORDER BY x.local DESC, c.place LIMIT ?",
              chunk_key(hash), kMaxPlacesSeen, kMaxPlaces);
  while (query.next()) {
    const std::int64_t place = query.integer(0);
    found.push_back({place_xorb(place), place_chunk(place), query.integer(1) != 0});
  }
  return found;
}

Bytes encode_terms(std::span<const xet::Term> terms) {
  Bytes blob(terms.size() * kTermBytes);
  std::byte* at = blob.data();
  for (const xet::Term& term : terms) {
    std::copy(term.xorb.bytes.begin(), term.xorb.bytes.end(), at);
    store_le(at + 32, static_cast<std::uint16_t>(term.first_chunk));
    store_le(at + 34, static_cast<std::uint16_t>(term.end_chunk));
    store_le(at + 36, term.size_bytes);
    at += kTermBytes;
  }
  return blob;
}

std::vector<xet::Term> decode_terms(ByteView blob, const Sha256& file) {
  if (blob.size() % kTermBytes != 0) {
    throw Error(ErrorKind::corrupt, "the index holds a damaged recipe for file {}", file.hex());
  }
  std::vector<xet::Term> terms(blob.size() / kTermBytes);
  const std::byte* at = blob.data();
  for (xet::Term& term : terms) {
    std::copy(at, at + 32, term.xorb.bytes.begin());
    term.first_chunk = load_le<std::uint16_t>(at + 32);
    term.end_chunk = load_le<std::uint16_t>(at + 34);
    term.size_bytes = load_le<std::uint32_t>(at + 36);
    if (term.first_chunk >= term.end_chunk || term.end_chunk > xet::kXorbMaxChunks) {
      throw Error(ErrorKind::corrupt, "the index holds a damaged recipe for file {}", file.hex());
    }
    at += kTermBytes;
  }
  return terms;
}

std::optional<FileRecord> find_file_row(Connection& connection, const Sha256& sha256) {
  Query query(connection, "SELECT sha256, size, xet_hash, terms FROM files WHERE sha256 = ?",
              raw(sha256));
  return read_file_row(query);
}

std::optional<FileRecord> find_file_row(Connection& connection, const xet::FileHash& hash) {
  Query query(connection,
              "SELECT sha256, size, xet_hash, terms FROM files WHERE xet_hash = ? LIMIT 1",
              raw(hash));
  return read_file_row(query);
}

void put_file_row(Connection& connection, const FileRecord& file, std::int64_t now_s) {
  const Bytes terms = encode_terms(file.terms);
  connection.run(
      "INSERT INTO files (sha256, size, xet_hash, added, terms) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (sha256) DO UPDATE SET size = excluded.size, xet_hash = excluded.xet_hash, "
      "added = excluded.added, terms = excluded.terms",
      raw(file.sha256), file.size_bytes, raw(file.xet_hash), now_s, ByteView(terms));
}

void touch_file(Connection& connection, const Sha256& sha256, std::int64_t now_s) {
  connection.run("UPDATE files SET added = ? WHERE sha256 = ? AND added < ?", now_s, raw(sha256),
                 now_s);
}

std::vector<Sha256> list_files_after(Connection& connection, const Sha256* after, int limit) {
  std::vector<Sha256> found;
  Query query(connection, "SELECT sha256 FROM files WHERE sha256 > ? ORDER BY sha256 LIMIT ?",
              after != nullptr ? raw(*after) : ByteView{}, limit);
  while (query.next()) found.push_back(hash_column<Sha256>(query, 0));
  return found;
}

}  // namespace mhub::store
