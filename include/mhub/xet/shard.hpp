#pragma once
// The shard: files as lists of terms, and xorbs as lists of chunks. Layout: docs/format/shard.md.

#include <cstdint>
#include <optional>
#include <vector>

#include <mhub/base/sha256.hpp>
#include <mhub/xet/merkle.hpp>

namespace mhub::xet {

inline constexpr std::uint64_t kShardMaxBytes = std::uint64_t{64} << 20;

/// A run of consecutive chunks [first, end) of one xorb.
struct Term {
  XorbHash xorb;
  std::uint32_t first_chunk = 0;
  std::uint32_t end_chunk = 0;   ///< exclusive, > first_chunk
  std::uint32_t size_bytes = 0;  ///< uncompressed
  std::uint32_t chunk_count() const { return end_chunk - first_chunk; }
  bool operator==(const Term&) const = default;
};

struct ShardFile {
  FileHash hash;
  std::vector<Term> terms;
  std::vector<RangeHash> range_hashes;  ///< one per term, or none at all
  std::optional<Sha256> sha256;         ///< natural byte order here; group-swapped on the wire
  std::uint64_t size_bytes() const;
  bool operator==(const ShardFile&) const = default;
};

struct ShardXorb {
  XorbHash hash;
  std::uint32_t body_bytes = 0;  ///< as the writer says; uploads often carry 0
  std::vector<ChunkRef> chunks;  ///< keyed hashes in a deduplication answer
  bool operator==(const ShardXorb&) const = default;
};

struct ShardFooter {
  HmacKey hmac_key;
  std::uint64_t created_unix_s = 0;
  std::uint64_t key_expiry_unix_s = 0;
  bool operator==(const ShardFooter&) const = default;
};

struct Shard {
  std::vector<ShardFile> files;
  std::vector<ShardXorb> xorbs;
  std::optional<ShardFooter> footer;
  bool operator==(const Shard&) const = default;
};

/// Parses header and both sections, ignores lookup tables, and reads the footer if the last 200
/// bytes are one. Counts are checked against the bytes that remain before anything is allocated.
/// Throws Error: corrupt.
Shard parse_shard(ByteView bytes);

/// The upload form: header (footer size 0), two sections, nothing after.
Bytes make_upload_shard(const Shard& shard);

/// The stored form: as above with a footer, and lookup tables of zero entries. A deduplication
/// answer is one without files.
Bytes make_stored_shard(const Shard& shard);

}  // namespace mhub::xet
