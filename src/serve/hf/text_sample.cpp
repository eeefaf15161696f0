#include "hf/text_sample.hpp"

namespace mhub::serve {

namespace {

/// Bytes of the sequence that `first` begins; 0 if none can begin with it.
std::size_t sequence_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

/// Overlong forms, surrogates and what lies above U+10FFFF show in the second byte.
bool second_byte_fits(unsigned char first, unsigned char second) {
  switch (first) {
    case 0xe0:
      return second >= 0xa0;
    case 0xed:
      return second < 0xa0;
    case 0xf0:
      return second >= 0x90;
    case 0xf4:
      return second < 0x90;
    default:
      return true;
  }
}

}  // namespace

bool is_binary_sample(ByteView sample, bool is_cut) {
  const auto byte = [&](std::size_t at) { return std::to_integer<unsigned char>(sample[at]); };
  for (std::size_t at = 0; at < sample.size();) {
    const unsigned char first = byte(at);
    const std::size_t length = sequence_length(first);
    if (first == 0 || length == 0) return true;
    for (std::size_t i = 1; i < length; ++i) {
      if (at + i == sample.size()) return !is_cut;
      const unsigned char next = byte(at + i);
      if (next < 0x80 || next > 0xbf || (i == 1 && !second_byte_fits(first, next))) return true;
    }
    at += length;
  }
  return false;
}

}  // namespace mhub::serve
