#include "hf/parameters.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace mhub::serve {

bool flag(const Request& request, std::string_view name) {
  const std::string text = lower_case(request.parameter(name).value_or(""));
  return text == "true" || text == "1";
}

std::size_t number(const Request& request, std::string_view name, std::size_t fallback,
                   std::size_t at_most) {
  const std::string text = request.parameter(name).value_or("");
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return at_most;
  if (error != std::errc() || end != text.data() + text.size() || value == 0) return fallback;
  return std::min(value, at_most);
}

std::int64_t cursor_number(const Request& request) {
  return static_cast<std::int64_t>(
      number(request, "cursor", 0, std::numeric_limits<std::int64_t>::max()));
}

std::string next_link(const Call& call, std::string_view cursor) {
  std::string query;
  std::string_view rest = call.request->query;
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (part.empty() || part.starts_with("cursor=")) continue;
    for (const char c : part) {
      // What would end the address within the header.
      if (c > ' ' && c < 0x7f && c != '<' && c != '>' && c != '"')
        query += c;
      else
        query += percent_encode(std::string_view(&c, 1));
    }
    query += '&';
  }
  return fmt::format("<{}{}?{}cursor={}>; rel=\"next\"", call.url(), call.request->path, query,
                     percent_encode(cursor));
}

}  // namespace mhub::serve
