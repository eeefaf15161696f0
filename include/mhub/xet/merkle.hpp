#pragma once
// Merkle roots over chunk lists. Grouping and hashing rules: docs/format/hashes.md.

#include <memory>

#include <mhub/xet/hash.hpp>

namespace mhub::xet {

/// One chunk of a file or xorb, in order.
struct ChunkRef {
  ChunkHash hash;
  std::uint32_t size_bytes = 0;  ///< uncompressed, 1 to kChunkMaxBytes
  bool operator==(const ChunkRef&) const = default;
};

/// A leaf or inner node of a tree; exposed for the published vectors.
struct MerkleNode {
  NodeHash hash;
  std::uint64_t size_bytes = 0;
};
NodeHash hash_node(std::span<const MerkleNode> children);
/// Root over `leaves`: zero for none, the leaf's own hash for one.
NodeHash merkle_root(std::span<const MerkleNode> leaves);

/// Root over `chunks`: zero for none, the chunk's own hash for one.
XorbHash xorb_hash(std::span<const ChunkRef> chunks);

/// File hash without salt; all zero for an empty file.
FileHash file_hash(std::span<const ChunkRef> chunks);

/// File hash keyed with a 32-byte salt (all production files use none); zero for an empty file.
FileHash file_hash(std::span<const ChunkRef> chunks, std::span<const std::byte, kHashBytes> salt);

/// The file hash built as chunks arrive, in O(log n) memory, for files whose list is too long to
/// keep. Gives exactly what file_hash() gives.
class FileHasher {
public:
  FileHasher();
  ~FileHasher();
  FileHasher(FileHasher&&) noexcept;
  FileHasher& operator=(FileHasher&&) noexcept;
  void add(const ChunkRef& chunk);
  FileHash finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mhub::xet
