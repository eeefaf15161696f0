#pragma once
// Range headers (RFC 9110, section 14).

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mhub::serve {

/// Bytes [first, last], both inclusive.
struct InclusiveRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t size_bytes() const { return last - first + 1; }
  bool operator==(const InclusiveRange&) const = default;
};

/// What a Range header asks of `size_bytes` bytes.
struct RangeRequest {
  enum class Kind {
    whole,          ///< no header, or one that is to be ignored (another unit, several ranges)
    part,           ///< `range`, clamped to the size
    unsatisfiable,  ///< begins at or beyond the end
  };
  Kind kind = Kind::whole;
  InclusiveRange range;
};
RangeRequest parse_range(std::string_view header, std::uint64_t size_bytes);

/// "bytes=1-2,5-9" with closed ranges only, as they stand; nothing for anything else.
std::optional<std::vector<InclusiveRange>> parse_closed_ranges(std::string_view header);

}  // namespace mhub::serve
