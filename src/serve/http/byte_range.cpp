#include "http/byte_range.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <mhub/base/text.hpp>

namespace mhub::serve {

namespace {

constexpr std::size_t kRangesAtMost = 1000;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

RangeRequest parse_range(std::string_view header, std::uint64_t size_bytes) {
  constexpr std::string_view kUnit = "bytes=";
  RangeRequest request;
  if (!header.starts_with(kUnit)) return request;
  const auto spec = trimmed(header.substr(kUnit.size()));
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return request;
  const auto first = number(trimmed(spec.substr(0, dash)));
  const auto last_text = trimmed(spec.substr(dash + 1));
  const auto last = number(last_text);
  if (!first) {
    // "-n": the last n bytes.
    if (dash != 0 || !last) return request;
    if (*last == 0 || size_bytes == 0) {
      request.kind = RangeRequest::Kind::unsatisfiable;
      return request;
    }
    request.kind = RangeRequest::Kind::part;
    request.range = {size_bytes - std::min(size_bytes, *last), size_bytes - 1};
    return request;
  }
  if (!last && !last_text.empty()) return request;
  const std::uint64_t end = last.value_or(std::numeric_limits<std::uint64_t>::max());
  if (end < *first) return request;
  if (*first >= size_bytes) {
    request.kind = RangeRequest::Kind::unsatisfiable;
    return request;
  }
  request.kind = RangeRequest::Kind::part;
  request.range = {*first, std::min(end, size_bytes - 1)};
  return request;
}

std::optional<std::vector<InclusiveRange>> parse_closed_ranges(std::string_view header) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  std::vector<InclusiveRange> ranges;
  while (true) {
    const auto comma = header.find(',');
    const auto spec = trimmed(header.substr(0, comma));
    const auto dash = spec.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = number(spec.substr(0, dash));
    const auto last = number(spec.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    ranges.push_back({*first, *last});
    if (comma == std::string_view::npos) return ranges;
    if (ranges.size() >= kRangesAtMost) return std::nullopt;
    header.remove_prefix(comma + 1);
  }
}

}  // namespace mhub::serve
