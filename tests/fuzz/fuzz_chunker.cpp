// Boundaries do not depend on how the input is split. The input is repeated, since a chunk has at
// least 8 KiB: first byte the number of times, second the size of the pieces.

#include <algorithm>
#include <numeric>

#include <mhub/xet/chunker.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::size_t times = data[0];
  const std::size_t piece = 1 + data[1] * std::size_t{97};
  Bytes bytes;
  for (std::size_t i = 0; i < times && bytes.size() < (1 << 19); ++i) {
    const ByteView part = fuzz::view(data + 2, size - 2);
    bytes.insert(bytes.end(), part.begin(), part.end());
    bytes.push_back(static_cast<std::byte>(i));
  }
  const std::vector<std::uint32_t> whole = xet::chunk_lengths(bytes);
  fuzz::require(std::accumulate(whole.begin(), whole.end(), std::size_t{0}) == bytes.size(),
                "chunks cover the input");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    fuzz::require(whole[i] <= xet::kChunkMaxBytes, "no chunk is too long");
    fuzz::require(i + 1 == whole.size() || whole[i] >= xet::kChunkMinBytes,
                  "only the last chunk may be short");
  }
  std::vector<std::uint32_t> split;
  xet::Chunker chunker;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    ByteView rest = ByteView(bytes).subspan(at, std::min(piece, bytes.size() - at));
    while (!rest.empty()) {
      const std::uint32_t before = chunker.pending_bytes();
      const std::optional<std::size_t> end = chunker.next_end(rest);
      if (!end) break;
      split.push_back(before + static_cast<std::uint32_t>(*end));
      rest = rest.subspan(*end);
    }
  }
  if (chunker.pending_bytes() > 0) split.push_back(chunker.pending_bytes());
  fuzz::require(split == whole, "boundaries do not depend on the pieces");
  return 0;
}
