#pragma once
// The hashes of the Xet data model: 32 bytes, keyed BLAKE3, one type per meaning.
// Format: docs/format/hashes.md.

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <mhub/base/bytes.hpp>

namespace mhub::xet {

inline constexpr std::size_t kHashBytes = 32;

/// 32 raw bytes. The text form prints the four little-endian u64 as 16 hexadecimal digits each, so
/// it is not plain hexadecimal of the bytes.
template <class Tag>
struct Hash {
  std::array<std::byte, kHashBytes> bytes{};

  /// 64 lower-case hexadecimal digits.
  std::string text() const;
  /// Nothing unless `text` is 64 hexadecimal digits, either case.
  static std::optional<Hash> parse(std::string_view text);
  /// From exactly 32 raw bytes.
  static Hash from_raw(std::span<const std::byte, kHashBytes> raw) {
    Hash hash;
    std::copy(raw.begin(), raw.end(), hash.bytes.begin());
    return hash;
  }

  /// Key of in-memory and SQLite tables: the first u64.
  std::uint64_t prefix() const { return load_le<std::uint64_t>(bytes.data()); }
  /// What merkle grouping and deduplication eligibility look at: the last u64.
  std::uint64_t number() const { return load_le<std::uint64_t>(bytes.data() + 24); }
  /// Hash of nothing (the empty file), also "no key".
  bool is_zero() const { return *this == Hash{}; }

  auto operator<=>(const Hash&) const = default;
};

using ChunkHash = Hash<struct ChunkTag>;  ///< of a chunk's raw bytes
using XorbHash = Hash<struct XorbTag>;    ///< merkle root of a xorb's chunks; free of compression
using FileHash = Hash<struct FileTag>;    ///< merkle root of a file's chunks, keyed once more
using NodeHash = Hash<struct NodeTag>;    ///< inner node of a merkle tree
using RangeHash = Hash<struct RangeTag>;  ///< proves knowledge of a term's chunk hashes
using HmacKey = Hash<struct HmacKeyTag>;  ///< key of a deduplication answer

extern template struct Hash<ChunkTag>;
extern template struct Hash<XorbTag>;
extern template struct Hash<FileTag>;
extern template struct Hash<NodeTag>;
extern template struct Hash<RangeTag>;
extern template struct Hash<HmacKeyTag>;

/// Hash of a chunk's raw, uncompressed bytes.
ChunkHash hash_chunk(ByteView chunk);

/// Range hash of consecutive chunks of a term, in order.
RangeHash hash_range(std::span<const ChunkHash> chunks);

/// A chunk hash as it stands in a deduplication answer: BLAKE3 keyed with `key` over the raw hash.
/// A zero key leaves it unchanged.
ChunkHash keyed_chunk_hash(const HmacKey& key, const ChunkHash& chunk);

/// True if clients may ask about this chunk, and servers make it findable, whatever its place.
inline bool is_dedup_eligible(const ChunkHash& chunk) {
  return chunk.number() % 1024 == 0;
}

}  // namespace mhub::xet

template <class Tag>
struct std::hash<mhub::xet::Hash<Tag>> {
  std::size_t operator()(const mhub::xet::Hash<Tag>& key) const noexcept {
    return static_cast<std::size_t>(key.prefix());
  }
};
