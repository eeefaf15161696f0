#pragma once
// The number of objects that a pack on its way announces, read before libgit2 sees it: libgit2
// makes room for that many at once.

#include <array>
#include <cstdint>

#include <mhub/base/bytes.hpp>

namespace mhub::remote {

/// More than any real history; libgit2 takes eight bytes for each before the first one came.
inline constexpr std::uint32_t kPackMaxObjects = 50'000'000;

/// Looks at an answer of upload-pack as it comes in: packet lines with the pack in side band 1, or
/// plain behind them.
class PackHead {
public:
  /// The next bytes of the answer, in pieces of any size. Throws Error: corrupt if the pack
  /// announces more than kPackMaxObjects, or the answer is not in git's packets.
  void look_at(ByteView bytes);

private:
  enum class At { length, kind, pack, skipped, plain_pack, done };

  void take(std::uint8_t byte);
  void take_length();
  void take_pack(std::uint8_t byte);

  At at_ = At::length;
  std::array<char, 4> length_{};
  std::size_t length_size_ = 0;
  std::uint64_t left_bytes_ = 0;  ///< of the packet line
  std::array<std::uint8_t, 12> head_{};
  std::size_t head_size_ = 0;
};

}  // namespace mhub::remote
