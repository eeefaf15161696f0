#pragma once
// Which of several settings for URLs holds, by git's rules (`git help config`, http.<url>.*).

#include <cstdint>
#include <optional>
#include <string_view>

namespace mhub {

/// How well the `<url>` part of a setting matches `url`: nothing if it does not; a greater value is
/// more specific.
std::optional<std::uint64_t> url_match_rank(std::string_view pattern, std::string_view url);

}  // namespace mhub
