#include "hf/text_sample.hpp"

#include <mhub/base/text.hpp>

namespace mhub::serve {

bool is_binary_sample(ByteView sample, bool is_cut) {
  for (std::string_view rest = as_text(sample); !rest.empty();) {
    const std::size_t length = utf8_length(rest);
    if (rest.front() == '\0' || length == 0) return true;
    if (length > rest.size()) return !is_cut;
    rest.remove_prefix(length);
  }
  return false;
}

}  // namespace mhub::serve
