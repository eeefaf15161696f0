// Bodies, footers and the piecewise reader of xorbs.

#include <algorithm>

#include <mhub/xet/xorb.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = fuzz::view(data, size);
  fuzz::may_refuse([&] {
    const xet::XorbIndex whole = xet::index_xorb(bytes);
    xet::XorbIndexer pieces;
    const std::size_t step = 1 + size / 7;
    for (std::size_t at = 0; at < size; at += step) {
      pieces.update(bytes.subspan(at, std::min(step, size - at)));
    }
    const xet::XorbIndex same = pieces.finish();
    fuzz::require(whole.hash == same.hash && whole.record_ends == same.record_ends,
                  "a xorb read in pieces is the same xorb");
    const Bytes footer = xet::make_footer(whole);
    const xet::XorbIndex again = xet::parse_footer(footer);
    fuzz::require(again.hash == whole.hash && again.chunks == whole.chunks &&
                      again.record_ends == whole.record_ends,
                  "a footer says what the body says");
  });
  fuzz::may_refuse([&] {
    if (size < 4) return;
    const std::optional<std::uint32_t> length = xet::footer_bytes(bytes);
    if (length && *length <= size) xet::parse_footer(bytes.last(*length));
  });
  fuzz::may_refuse([&] { xet::parse_footer(bytes); });
  return 0;
}
