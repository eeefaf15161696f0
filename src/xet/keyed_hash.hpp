#pragma once
// Keyed BLAKE3, the only way in which the Xet data model uses BLAKE3.

#include <initializer_list>

#include <blake3.h>

#include <mhub/xet/hash.hpp>

namespace mhub::xet {

using KeyBytes = std::array<std::uint8_t, kHashBytes>;

inline constexpr KeyBytes kChunkKey = {
    0x66, 0x97, 0xf5, 0x77, 0x5b, 0x95, 0x50, 0xde, 0x31, 0x35, 0xcb, 0xac, 0xa5, 0x97, 0x18, 0x1c,
    0x9d, 0xe4, 0x21, 0x10, 0x9b, 0xeb, 0x2b, 0x58, 0xb4, 0xd0, 0xb0, 0x4b, 0x93, 0xad, 0xf2, 0x29};
inline constexpr KeyBytes kNodeKey = {
    0x01, 0x7e, 0xc5, 0xc7, 0xa5, 0x47, 0x29, 0x96, 0xfd, 0x94, 0x66, 0x66, 0xb4, 0x8a, 0x02, 0xe6,
    0x5d, 0xdd, 0x53, 0x6f, 0x37, 0xc7, 0x6d, 0xd2, 0xf8, 0x63, 0x52, 0xe6, 0x4a, 0x53, 0x71, 0x3f};
inline constexpr KeyBytes kRangeKey = {
    0x7f, 0x18, 0x57, 0xd6, 0xce, 0x56, 0xed, 0x66, 0x12, 0x7f, 0xf9, 0x13, 0xe7, 0xa5, 0xc3, 0xf3,
    0xa4, 0xcd, 0x26, 0xd5, 0xb5, 0xdb, 0x49, 0xe6, 0x41, 0x24, 0x98, 0x7f, 0x28, 0xfb, 0x94, 0xc3};

class KeyedHasher {
public:
  explicit KeyedHasher(const KeyBytes& key) : KeyedHasher(key.data()) {}
  explicit KeyedHasher(std::span<const std::byte, kHashBytes> key)
      : KeyedHasher(reinterpret_cast<const std::uint8_t*>(key.data())) {}

  void update(ByteView bytes) { blake3_hasher_update(&state_, bytes.data(), bytes.size()); }

  template <class HashType>
  HashType finish() {
    HashType hash;
    blake3_hasher_finalize(&state_, reinterpret_cast<std::uint8_t*>(hash.bytes.data()),
                           hash.bytes.size());
    return hash;
  }

private:
  explicit KeyedHasher(const std::uint8_t* key) {
    [[maybe_unused]] static const bool kProbed = probe_processor();
    blake3_hasher_init_keyed(&state_, key);
  }

  /// BLAKE3 finds out what the processor can do when it hashes first, and notes it in a variable
  /// that all threads share without a lock: so it hashes once before any other thread may.
  static bool probe_processor() {
    blake3_hasher hasher;
    blake3_hasher_init(&hasher);
    std::uint8_t first = 0;
    blake3_hasher_finalize(&hasher, &first, 1);
    return true;
  }

  blake3_hasher state_;
};

/// The same 32 bytes under another meaning.
template <class To, class FromTag>
To retag(const Hash<FromTag>& hash) {
  return To::from_raw(hash.bytes);
}

/// Writes the 64 digits of a hash's text form to `out`.
void write_hash_text(std::span<const std::byte, kHashBytes> hash, char* out);

}  // namespace mhub::xet
