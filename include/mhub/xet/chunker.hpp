#pragma once
// Content-defined chunking by a Gear hash. Rule and vectors: docs/format/chunking.md.

#include <cstdint>
#include <optional>
#include <vector>

#include <mhub/base/bytes.hpp>

namespace mhub::xet {

inline constexpr std::uint32_t kChunkTargetBytes = 65536;
inline constexpr std::uint32_t kChunkMinBytes = 8192;
inline constexpr std::uint32_t kChunkMaxBytes = 131072;
/// A byte is forgotten by the hash after this many steps.
inline constexpr std::uint32_t kGearWindowBytes = 64;

/// Cuts a stream into chunks. Feed it in pieces of any size; the boundaries do not depend on them.
/// One file each; one thread.
class Chunker {
public:
  /// Returns how many bytes of `bytes`, from its beginning, complete the present chunk, or nothing
  /// if the chunk does not end within `bytes` (all of them then belong to it). After an end, call
  /// again with the rest.
  std::optional<std::size_t> next_end(ByteView bytes);

  /// Bytes of the present, unfinished chunk seen so far. At the end of input a non-zero value is
  /// the last chunk's length.
  std::uint32_t pending_bytes() const { return pending_; }

private:
  std::uint64_t gear_ = 0;
  std::uint32_t pending_ = 0;
};

/// Lengths of all chunks of a whole buffer, in order. The reference for tests and small inputs.
std::vector<std::uint32_t> chunk_lengths(ByteView bytes);

}  // namespace mhub::xet
