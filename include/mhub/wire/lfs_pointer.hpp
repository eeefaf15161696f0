#pragma once
// The Git LFS pointer: the small text that stands in git for a large file.

#include <cstdint>
#include <optional>
#include <string>

#include <mhub/base/bytes.hpp>
#include <mhub/base/sha256.hpp>

namespace mhub::wire {

/// A blob of this size or more is never a pointer.
inline constexpr std::size_t kLfsPointerLimitBytes = 1024;

/// Which bytes a large file holds. `size_bytes` is 1 to 2^63-1: an empty file has no pointer, it is
/// an empty blob.
struct LfsPointer {
  Sha256 sha256;
  std::uint64_t size_bytes = 0;
  auto operator<=>(const LfsPointer&) const = default;
};

/// The canonical text, the only form that mhub writes: three lines "version …", "oid sha256:…",
/// "size …", each ended by LF. Equal content thus has an equal blob id.
std::string to_text(const LfsPointer& pointer);

/// The pointer that `blob` is, if it is the canonical text byte for byte. Anything else (other line
/// ends, white space, version aliases, extensions, upper-case digits, a size of 0) is ordinary
/// content and is left alone.
std::optional<LfsPointer> parse_lfs_pointer(ByteView blob);

}  // namespace mhub::wire
