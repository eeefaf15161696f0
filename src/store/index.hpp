#pragma once
// What the tables of index.db say, as typed functions over one connection. Rows are input like any
// other: whatever does not fit its limits is Error: corrupt. Functions that change something run
// inside the caller's write transaction.

#include <functional>
#include <span>

#include <mhub/sqlite/database.hpp>
#include <mhub/store/records.hpp>

namespace mhub::store {

using sqlite::Connection;
using sqlite::Database;
using sqlite::Query;

/// A place packed into one integer: xorb id << 13 | chunk number.
inline constexpr int kPlaceShift = 13;
static_assert(xet::kXorbMaxChunks <= (1u << kPlaceShift));
inline constexpr std::size_t kChunkRowBytes = 40;
inline constexpr std::size_t kTermBytes = 40;

/// A use of a xorb is written down again only after this long, to spare writes.
inline constexpr std::int64_t kTouchIntervalS = 600;

inline std::int64_t pack_place(std::int64_t xorb_id, std::uint32_t chunk) {
  return (xorb_id << kPlaceShift) | chunk;
}
inline std::int64_t place_xorb(std::int64_t place) {
  return place >> kPlaceShift;
}
inline std::uint32_t place_chunk(std::int64_t place) {
  return static_cast<std::uint32_t>(place & ((1 << kPlaceShift) - 1));
}
inline std::int64_t chunk_key(const xet::ChunkHash& hash) {
  return static_cast<std::int64_t>(hash.prefix());
}

std::int64_t unix_now_s();

/// A row of `xorbs` without the chunk table.
struct XorbRow {
  std::int64_t id = 0;
  xet::XorbHash hash;
  std::uint32_t chunk_count = 0;
  std::uint64_t body_bytes = 0;
  bool local = false;
  std::uint64_t disk_bytes = 0;
  std::int64_t last_used_s = 0;
  std::uint64_t raw_bytes = 0;
};

/// A row of `xorbs` with it. Chunks never seen here have size 0; records of a xorb that is not
/// local may end at 0.
struct XorbTable {
  XorbRow row;
  xet::XorbIndex index;
  bool knows(std::uint32_t chunk) const {
    return chunk < index.chunks.size() && index.chunks[chunk].size_bytes != 0;
  }
};

Bytes encode_chunk_table(const xet::XorbIndex& index);
/// Fills chunks and record_ends. `complete` requires every chunk known and every record in its
/// place, as a local xorb has it. Throws Error: corrupt naming index.hash.
void decode_chunk_table(ByteView blob, bool complete, xet::XorbIndex& index);

std::optional<XorbRow> find_xorb_row(Connection& connection, const xet::XorbHash& hash);
std::optional<XorbRow> find_xorb_row(Connection& connection, std::int64_t id);
/// Throws Error: corrupt if the row or its table is damaged.
std::optional<XorbTable> load_xorb(Connection& connection, std::int64_t id);
/// All rows by id, `visit` may not use the connection.
void for_each_xorb_row(Connection& connection, const std::function<void(const XorbRow&)>& visit);

/// Registers a whole xorb and its chunks as local, or makes a known one local. Returns its id.
std::int64_t put_local_xorb(Connection& connection, const xet::XorbIndex& index,
                            std::uint64_t disk_bytes, std::int64_t now_s);
/// Writes a table in which the chunks marked in `fresh` have become known, adding the xorb if its
/// row has no id yet. Returns its id.
std::int64_t write_remote_table(Connection& connection, const XorbTable& table,
                                const std::vector<bool>& fresh, std::int64_t now_s);
/// Adds what is missing of the chunk rows of a xorb.
void rewrite_chunk_rows(Connection& connection, std::int64_t id, const xet::XorbIndex& index);
/// The xorb's file is gone; its chunk table stays.
void set_not_local(Connection& connection, std::int64_t id);
void touch_xorb(Connection& connection, std::int64_t id, std::int64_t now_s);
/// Removes the row and its chunk rows. `table` may be damaged: then chunk rows are found by place.
void delete_xorb(Connection& connection, std::int64_t id, const XorbTable* table);

/// One place where a chunk with the right key may lie; not yet compared with the full hash.
struct Candidate {
  std::int64_t xorb_id;
  std::uint32_t chunk;
  bool local;
};
/// At most 64, local ones first, newest last.
std::vector<Candidate> find_candidates(Connection& connection, const xet::ChunkHash& hash);

Bytes encode_terms(std::span<const xet::Term> terms);
/// Throws Error: corrupt naming the file.
std::vector<xet::Term> decode_terms(ByteView blob, const Sha256& file);

std::optional<FileRecord> find_file_row(Connection& connection, const Sha256& sha256);
std::optional<FileRecord> find_file_row(Connection& connection, const xet::FileHash& hash);
void put_file_row(Connection& connection, const FileRecord& file, std::int64_t now_s);
/// Counts the file as added now.
void touch_file(Connection& connection, const Sha256& sha256, std::int64_t now_s);
/// Identities of up to `limit` files after `after`, in order; for walks that hold no transaction.
std::vector<Sha256> list_files_after(Connection& connection, const Sha256* after, int limit);

/// A hash or digest column. Throws Error: corrupt unless the blob has the right length.
template <class HashType>
HashType hash_column(const Query& query, int column);

}  // namespace mhub::store
