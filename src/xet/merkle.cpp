// Merkle roots, one entry at a time.
//
// The rule that groups a level's entries never looks ahead: a group ends with the first entry, from
// the third on, whose number is divisible by 4, or with the ninth; what the end of the list leaves
// is the last group. So every level can be a short open group that hands its node to the level
// above when it closes, and a tree over any number of chunks needs at most nine entries a level.
// The root is the entry of the lowest level that never saw a second one.

#include <array>
#include <charconv>
#include <vector>

#include <mhub/xet/merkle.hpp>

#include "keyed_hash.hpp"

namespace mhub::xet {

namespace {

constexpr std::size_t kGroupMinEntries = 3;
constexpr std::size_t kGroupMaxEntries = 9;
constexpr std::size_t kLineMaxBytes = 2 * kHashBytes + 3 + 20 + 1;

MerkleNode parent_of(std::span<const MerkleNode> children) {
  std::uint64_t size_bytes = 0;
  for (const MerkleNode& child : children) size_bytes += child.size_bytes;
  return {hash_node(children), size_bytes};
}

class TreeBuilder {
public:
  void add(const MerkleNode& leaf) { add_at(0, leaf); }

  /// Zero for no leaves, the leaf's own hash for one.
  NodeHash finish() {
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      if (levels_[i].seen == 1) return levels_[i].group[0].hash;
      close_group(i);
    }
    return {};
  }

private:
  struct Level {
    std::array<MerkleNode, kGroupMaxEntries> group;
    std::size_t entries = 0;  // in the open group
    std::uint64_t seen = 0;   // on this level altogether
  };

  void add_at(std::size_t index, const MerkleNode& node) {
    if (index == levels_.size()) levels_.emplace_back();
    Level& level = levels_[index];
    level.group[level.entries++] = node;
    ++level.seen;
    const bool ends_group = level.entries >= kGroupMinEntries && node.hash.number() % 4 == 0;
    if (ends_group || level.entries == kGroupMaxEntries) close_group(index);
  }

  void close_group(std::size_t index) {
    Level& level = levels_[index];
    if (level.entries == 0) return;
    const MerkleNode parent = parent_of(std::span(level.group).first(level.entries));
    level.entries = 0;
    add_at(index + 1, parent);
  }

  std::vector<Level> levels_;
};

NodeHash root_of(std::span<const ChunkRef> chunks) {
  TreeBuilder tree;
  for (const ChunkRef& chunk : chunks) tree.add({retag<NodeHash>(chunk.hash), chunk.size_bytes});
  return tree.finish();
}

constexpr std::array<std::byte, kHashBytes> kNoSalt{};

FileHash file_hash_of_root(const NodeHash& root, std::span<const std::byte, kHashBytes> salt) {
  KeyedHasher hasher(salt);
  hasher.update(root.bytes);
  return hasher.finish<FileHash>();
}

}  // namespace

NodeHash hash_node(std::span<const MerkleNode> children) {
  KeyedHasher hasher(kNodeKey);
  for (const MerkleNode& child : children) {
    std::array<char, kLineMaxBytes> line;
    write_hash_text(child.hash.bytes, line.data());
    char* end = std::copy_n(" : ", 3, line.data() + 2 * kHashBytes);
    end = std::to_chars(end, line.data() + line.size(), child.size_bytes).ptr;
    *end++ = '\n';
    hasher.update(as_bytes({line.data(), static_cast<std::size_t>(end - line.data())}));
  }
  return hasher.finish<NodeHash>();
}

NodeHash merkle_root(std::span<const MerkleNode> leaves) {
  TreeBuilder tree;
  for (const MerkleNode& leaf : leaves) tree.add(leaf);
  return tree.finish();
}

XorbHash xorb_hash(std::span<const ChunkRef> chunks) {
  return retag<XorbHash>(root_of(chunks));
}

FileHash file_hash(std::span<const ChunkRef> chunks) {
  return file_hash(chunks, kNoSalt);
}

FileHash file_hash(std::span<const ChunkRef> chunks, std::span<const std::byte, kHashBytes> salt) {
  return chunks.empty() ? FileHash{} : file_hash_of_root(root_of(chunks), salt);
}

struct FileHasher::State {
  TreeBuilder tree;
  bool empty = true;
};

FileHasher::FileHasher() : state_(std::make_unique<State>()) {}
FileHasher::~FileHasher() = default;
FileHasher::FileHasher(FileHasher&&) noexcept = default;
FileHasher& FileHasher::operator=(FileHasher&&) noexcept = default;

void FileHasher::add(const ChunkRef& chunk) {
  state_->tree.add({retag<NodeHash>(chunk.hash), chunk.size_bytes});
  state_->empty = false;
}

FileHash FileHasher::finish() {
  const FileHash hash =
      state_->empty ? FileHash{} : file_hash_of_root(state_->tree.finish(), kNoSalt);
  *state_ = State{};
  return hash;
}

}  // namespace mhub::xet
