#pragma once

#include <mhub/base/bytes.hpp>

namespace mhub::serve {

/// True if `sample`, the beginning of a file, is no UTF-8 text: it holds a NUL or a malformed
/// sequence. With `is_cut` the last character may be incomplete.
bool is_binary_sample(ByteView sample, bool is_cut);

}  // namespace mhub::serve
