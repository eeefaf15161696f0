#pragma once
// How much a JSON text may unfold into. A parsed value takes sixteen bytes and more, and the text
// of one takes two ("[" and a comma): a bound on the text alone lets its sender take many times as
// much memory. So the text is looked over before it is parsed.

#include <cstddef>
#include <string_view>

namespace mhub {

/// Deeper than any document of the protocols is nested.
inline constexpr std::size_t kJsonMaxDepth = 32;

/// True if `text`, should it be JSON, holds at most `max_values` values (objects, arrays, texts,
/// numbers and so on; empty objects and arrays count twice) and nests at most kJsonMaxDepth deep.
/// Allocates nothing.
bool is_within_json_bounds(std::string_view text, std::size_t max_values);

}  // namespace mhub
