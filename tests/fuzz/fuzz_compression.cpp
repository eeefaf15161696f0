// Decompression of hostile payloads, and the way there and back of every scheme.
// Input: scheme, then the declared length in three bytes, then the payload.

#include <algorithm>

#include <mhub/xet/chunker.hpp>
#include <mhub/xet/compression.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const ByteView payload = fuzz::view(data + 4, size - 4);
  const std::size_t declared = (data[1] | std::size_t{data[2]} << 8 | std::size_t{data[3]} << 16) %
                               (xet::kChunkMaxBytes + 1);
  const std::uint8_t id = data[0] % 8;
  if (!xet::is_known_scheme(id)) return 0;
  const auto scheme = static_cast<xet::Scheme>(id);
  fuzz::may_refuse([&] {
    Bytes out(declared);
    xet::decompress_chunk(scheme, payload, out);
  });
  if (payload.empty() || payload.size() > xet::kChunkMaxBytes) return 0;
  Bytes packed;
  const xet::Scheme used = xet::compress_chunk(scheme, payload, packed);
  Bytes back(payload.size());
  xet::decompress_chunk(used, packed, back);
  fuzz::require(std::ranges::equal(back, payload), "a chunk comes back as it was");
  xet::choose_scheme(payload);
  return 0;
}
