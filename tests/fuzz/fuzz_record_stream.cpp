// Records that stream in from a server: the same chunks as reading the xorb at once, whatever the
// pieces. First byte: size of the pieces; second: chunks to skip.

#include <vector>

#include <mhub/xet/xorb.hpp>

#include "../../src/remote/record_stream.hpp"
#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0] * std::size_t{31};
  const std::uint32_t skip = data[1] % 8;
  const ByteView bytes = fuzz::view(data + 2, size - 2);

  std::vector<xet::ChunkHash> whole;
  fuzz::may_refuse([&] {
    xet::RecordReader reader(bytes);
    Bytes chunk;
    while (const auto record = reader.next()) whole.push_back(xet::decode_record(*record, chunk));
  });
  fuzz::may_refuse([&] {
    const auto count = static_cast<std::uint32_t>(whole.size());
    std::vector<xet::ChunkHash> streamed;
    const remote::RecordStream::OnChunk keep = [&](std::uint32_t chunk, const xet::ChunkHash& hash,
                                                   ByteView content) {
      fuzz::require(chunk == 5 + skip + streamed.size(), "chunks come in order");
      fuzz::require(xet::hash_chunk(content) == hash, "a hash is its content's");
      streamed.push_back(hash);
    };
    remote::RecordStream stream(5, count, skip, keep);
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      stream.add(bytes.subspan(at, std::min(piece, bytes.size() - at)));
    if (!stream.complete()) return;
    const std::size_t skipped = std::min<std::size_t>(skip, count);
    fuzz::require(
        std::vector(whole.begin() + static_cast<std::ptrdiff_t>(skipped), whole.end()) == streamed,
        "both readers see the same chunks");
  });
  return 0;
}
