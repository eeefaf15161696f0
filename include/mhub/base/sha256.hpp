#pragma once
// SHA-256 (FIPS 180-4), the identity of a large file in git (the LFS object id).

#include <array>
#include <compare>
#include <memory>
#include <optional>
#include <string>

#include <mhub/base/bytes.hpp>

namespace mhub {

/// A SHA-256 digest, natural byte order. Its text form is ordinary hexadecimal.
struct Sha256 {
  std::array<std::byte, 32> bytes{};

  std::string hex() const { return to_hex(bytes); }
  /// Nothing unless `text` is 64 hexadecimal digits.
  static std::optional<Sha256> parse(std::string_view text);
  auto operator<=>(const Sha256&) const = default;
};

/// Incremental SHA-256. One thread at a time.
class Sha256Hasher {
public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(Sha256Hasher&&) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&&) noexcept;

  void update(ByteView bytes);
  /// The digest of all that was given; the hasher starts anew afterwards.
  Sha256 finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256 sha256_of(ByteView bytes);

/// HMAC-SHA-256 (RFC 2104), for signed URLs and short-lived tokens.
Sha256 hmac_sha256(ByteView key, ByteView message);

/// Compares secrets without telling by time where they differ.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace mhub

template <>
struct std::hash<mhub::Sha256> {
  std::size_t operator()(const mhub::Sha256& digest) const noexcept {
    return mhub::load_le<std::size_t>(digest.bytes.data());
  }
};
