#include <mhub/base/json_bounds.hpp>

namespace mhub {

bool is_within_json_bounds(std::string_view text, std::size_t max_values) {
  // Every value but the outermost follows an opening bracket, or a comma.
  std::size_t values = 1;
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_text = false;
      continue;
    }
    switch (c) {
      case '"':
        in_text = true;
        break;
      case '[':
      case '{':
        if (++depth > kJsonMaxDepth) return false;
        ++values;
        break;
      case ']':
      case '}':
        // Where this is one too many, a parser ends.
        if (depth > 0) --depth;
        break;
      case ',':
        ++values;
        break;
      default:
        break;
    }
    if (values > max_values) return false;
  }
  return true;
}

}  // namespace mhub
