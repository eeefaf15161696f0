#pragma once
// Texts of protocols and settings: letters count as ASCII, whatever the locale.

#include <algorithm>
#include <string>
#include <string_view>

namespace mhub {

constexpr char lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower_case(c);
  return out;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_case(x) == lower_case(y); });
}

/// `text` without `blanks` at both ends.
constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = " \t") {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// True for 1, on, yes and true: how Hugging Face's tools read switches of the environment.
constexpr bool is_switched_on(std::string_view text) {
  return text == "1" || equal_ignoring_case(text, "on") || equal_ignoring_case(text, "yes") ||
         equal_ignoring_case(text, "true");
}

/// The value of a hexadecimal digit; negative for what is none.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower_case(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/// Length of the UTF-8 sequence (RFC 3629) at the beginning of `text`, which is not empty: 0 if
/// there is none, more than text.size() if the end of `text` cuts one short.
std::size_t utf8_length(std::string_view text);

}  // namespace mhub
