#pragma once
// Constants of the xorb's layout that several files here need.

#include <cstdint>
#include <string_view>

#include <mhub/xet/xorb.hpp>

namespace mhub::xet {

inline constexpr std::uint8_t kRecordVersion = 0;

inline constexpr std::string_view kFooterIdent = "XETBLOB";
inline constexpr std::string_view kHashesIdent = "XBLBHSH";
inline constexpr std::string_view kBoundariesIdent = "XBLBBND";
inline constexpr std::size_t kFooterLengthBytes = 4;

/// Length of a footer of `version` (0 or 1) for `count` chunks, its trailing length included.
constexpr std::uint32_t footer_size(unsigned version, std::uint32_t count) {
  return (version == 0 ? 60 + 36 * count : 92 + 40 * count) +
         static_cast<std::uint32_t>(kFooterLengthBytes);
}

/// Offset of the first chunk count in a footer of `version` (0 or 1).
constexpr std::size_t footer_count_offset(unsigned version) {
  return version == 0 ? 40 : 48;
}

}  // namespace mhub::xet
