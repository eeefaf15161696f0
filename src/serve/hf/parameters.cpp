#include "hf/parameters.hpp"

#include <algorithm>
#include <charconv>

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

}  // namespace mhub::serve
