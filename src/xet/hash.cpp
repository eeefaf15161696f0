#include <mhub/xet/hash.hpp>

#include "keyed_hash.hpp"

namespace mhub::xet {

namespace {

// Text position i of a hash shows this byte: the order is reversed within each group of eight.
constexpr std::size_t byte_shown_at(std::size_t i) {
  return i ^ 7;
}

}  // namespace

void write_hash_text(std::span<const std::byte, kHashBytes> hash, char* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < kHashBytes; ++i) {
    const auto value = std::to_integer<unsigned>(hash[byte_shown_at(i)]);
    *out++ = kDigits[value >> 4];
    *out++ = kDigits[value & 15];
  }
}

template <class Tag>
std::string Hash<Tag>::text() const {
  std::string out(2 * kHashBytes, '0');
  write_hash_text(bytes, out.data());
  return out;
}

template <class Tag>
std::optional<Hash<Tag>> Hash<Tag>::parse(std::string_view text) {
  std::array<std::byte, kHashBytes> shown;
  if (!from_hex(text, shown)) return std::nullopt;
  Hash hash;
  for (std::size_t i = 0; i < kHashBytes; ++i) hash.bytes[byte_shown_at(i)] = shown[i];
  return hash;
}

template struct Hash<ChunkTag>;
template struct Hash<XorbTag>;
template struct Hash<FileTag>;
template struct Hash<NodeTag>;
template struct Hash<RangeTag>;
template struct Hash<HmacKeyTag>;

ChunkHash hash_chunk(ByteView chunk) {
  KeyedHasher hasher(kChunkKey);
  hasher.update(chunk);
  return hasher.finish<ChunkHash>();
}

RangeHash hash_range(std::span<const ChunkHash> chunks) {
  KeyedHasher hasher(kRangeKey);
  for (const ChunkHash& chunk : chunks) hasher.update(chunk.bytes);
  return hasher.finish<RangeHash>();
}

ChunkHash keyed_chunk_hash(const HmacKey& key, const ChunkHash& chunk) {
  if (key.is_zero()) return chunk;
  KeyedHasher hasher(key.bytes);
  hasher.update(chunk.bytes);
  return hasher.finish<ChunkHash>();
}

}  // namespace mhub::xet
