#pragma once
// Bytes, hexadecimal text and little-endian integers.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mhub {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

/// The bytes of `text`, not copied.
inline ByteView as_bytes(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

/// `bytes` seen as characters, not copied.
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case hexadecimal, two digits a byte, in memory order.
std::string to_hex(ByteView bytes);

/// The bytes that `hex` spells (either case); nothing if it has an odd length or another character.
std::optional<Bytes> from_hex(std::string_view hex);

/// Fills `out` from exactly 2 * out.size() hexadecimal digits; false if `hex` is anything else.
bool from_hex(std::string_view hex, std::span<std::byte> out);

/// Standard base64 with padding (RFC 4648, section 4), as HTTP Basic authentication uses it.
std::string to_base64(ByteView bytes);
/// Nothing if `text` is not valid base64. Missing padding is accepted.
std::optional<Bytes> from_base64(std::string_view text);

/// Little-endian loads and stores of 1 to 8 bytes at `at`, which must have room.
template <class Int>
Int load_le(const std::byte* at, std::size_t size_bytes = sizeof(Int)) {
  Int value = 0;
  for (std::size_t i = size_bytes; i-- > 0;) {
    value = static_cast<Int>((value << (size_bytes > 1 ? 8 : 0)) | std::to_integer<Int>(at[i]));
  }
  return value;
}

template <class Int>
void store_le(std::byte* at, Int value, std::size_t size_bytes = sizeof(Int)) {
  for (std::size_t i = 0; i < size_bytes; ++i) {
    at[i] = static_cast<std::byte>((value >> (8 * i)) & 0xff);
  }
}

template <class Int>
void append_le(Bytes& out, Int value, std::size_t size_bytes = sizeof(Int)) {
  for (std::size_t i = 0; i < size_bytes; ++i) {
    out.push_back(static_cast<std::byte>((value >> (8 * i)) & 0xff));
  }
}

inline void append(Bytes& out, ByteView more) {
  out.insert(out.end(), more.begin(), more.end());
}

/// "1.5 MiB": binary units, three significant digits. For people; JSON gets plain numbers.
std::string human_bytes(std::uint64_t size_bytes);

/// Fills `out` from the system's random generator. Throws Error: io.
void fill_random(std::span<std::byte> out);

}  // namespace mhub
