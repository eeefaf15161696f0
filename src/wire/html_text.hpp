#pragma once

#include <string>
#include <string_view>

namespace mhub::wire {

/// Text as it stands in HTML, where it means nothing but itself.
std::string as_html(std::string_view text);

}  // namespace mhub::wire
