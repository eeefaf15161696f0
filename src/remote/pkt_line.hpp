#pragma once
// git's framing: four hexadecimal digits of length, themselves included, then that much payload.

#include <optional>
#include <string>
#include <string_view>

#include <mhub/base/error.hpp>

namespace mhub::remote {

inline constexpr std::size_t kPacketMaxBytes = 65520;

/// `payload` framed; it must fit.
inline std::string make_packet(std::string_view payload) {
  MHUB_ASSERT(payload.size() + 4 <= kPacketMaxBytes);
  return fmt::format("{:04x}{}", payload.size() + 4, payload);
}

/// The length that four digits say: 0 for a flush, else 4 or more. Throws Error: corrupt.
inline std::size_t packet_length(std::string_view digits) {
  std::size_t length = 0;
  for (const char c : digits) {
    const auto digit = std::string_view("0123456789abcdef").find(c >= 'A' && c <= 'F' ? c + 32 : c);
    if (digit == std::string_view::npos) {
      throw Error(ErrorKind::corrupt, "the hub's answer is not in git's packets");
    }
    length = length * 16 + digit;
  }
  if ((length > 0 && length < 4) || length > kPacketMaxBytes) {
    throw Error(ErrorKind::corrupt, "the hub sent a git packet of length {}", length);
  }
  return length;
}

/// Takes the first packet's payload off `text`; empty for a flush, nothing at the end. Throws
/// Error: corrupt.
inline std::optional<std::string_view> take_packet(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const std::size_t length = text.size() < 4 ? SIZE_MAX : packet_length(text.substr(0, 4));
  if (length > text.size()) throw Error(ErrorKind::corrupt, "the hub sent a git packet cut short");
  const std::string_view payload = length == 0 ? std::string_view() : text.substr(4, length - 4);
  text.remove_prefix(length == 0 ? 4 : length);
  return payload;
}

}  // namespace mhub::remote
