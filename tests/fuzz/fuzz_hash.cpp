// Hash texts, and file hashes built in one go or chunk by chunk. The input's bytes become chunks.

#include <mhub/xet/merkle.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  if (const auto hash = xet::ChunkHash::parse(text))
    fuzz::require(xet::ChunkHash::parse(hash->text()) == hash, "a hash comes back from its text");

  std::vector<xet::ChunkRef> chunks;
  std::vector<xet::MerkleNode> leaves;
  xet::FileHasher hasher;
  for (std::size_t i = 0; i < size && i < 4096; ++i) {
    // Hashes need not be those of content here; their last byte decides about groups.
    xet::ChunkRef chunk;
    chunk.hash.bytes[24] = std::byte{data[i]};
    chunk.size_bytes = 1 + data[i] * 512u;
    hasher.add(chunk);
    chunks.push_back(chunk);
    leaves.push_back({xet::NodeHash::from_raw(chunk.hash.bytes), chunk.size_bytes});
  }
  fuzz::require(hasher.finish() == xet::file_hash(chunks), "both ways give one file hash");
  fuzz::require(xet::merkle_root(leaves).bytes == xet::xorb_hash(chunks).bytes,
                "both ways give one root");
  fuzz::require(xet::file_hash(chunks).is_zero() == chunks.empty(), "only nothing hashes to zero");
  return 0;
}
