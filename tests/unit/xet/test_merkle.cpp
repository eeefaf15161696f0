#include <mhub/xet/merkle.hpp>

#include "support/catch.hpp"
#include "xet_vectors.hpp"

using namespace mhub;
using namespace mhub::xet;
using namespace mhub::test;

namespace {

std::vector<ChunkRef> leaves_of(const Json& list) {
  std::vector<ChunkRef> leaves;
  for (const Json& leaf : list) leaves.push_back({parse_hash<ChunkHash>(leaf.at(0)), leaf.at(1)});
  return leaves;
}

std::vector<MerkleNode> nodes_of(const Json& list) {
  std::vector<MerkleNode> nodes;
  for (const Json& node : list) nodes.push_back({parse_hash<NodeHash>(node.at(0)), node.at(1)});
  return nodes;
}

FileHash streamed(std::span<const ChunkRef> chunks) {
  FileHasher hasher;
  for (const ChunkRef& chunk : chunks) hasher.add(chunk);
  return hasher.finish();
}

}  // namespace

TEST_CASE("inner nodes equal the published ones", "[xet][merkle]") {
  for (const Json& entry : xet_vectors().at("internal_nodes")) {
    std::vector<MerkleNode> children;
    for (const Json& child : entry.at("children"))
      children.push_back({parse_hash<NodeHash>(child.at(0)), child.at(1)});
    CHECK(hash_node(children).text() == entry.at("hash").get<std::string>());
  }
}

TEST_CASE("xorb and salted file hashes equal the published table", "[xet][merkle]") {
  const Json& cases = xet_vectors().at("merkle").at("cases");
  CHECK(cases.size() == 18);
  std::size_t beyond_chunks = 0;
  for (const Json& entry : cases) {
    const auto nodes = nodes_of(entry.at("leaves"));
    INFO(nodes.size() << " leaves");
    const NodeHash root = merkle_root(nodes);
    CHECK(root.text() == entry.at("xorb_hash").get<std::string>());
    // One list has leaves larger than any chunk, so that it only exists as a tree.
    const bool of_chunks = std::ranges::all_of(
        nodes, [](const MerkleNode& node) { return node.size_bytes <= 131072; });
    beyond_chunks += of_chunks ? 0 : 1;
    for (const Json& salted : entry.at("file_hashes_by_salt")) {
      const auto salt = parse_hash<HmacKey>(salted.at("salt"));
      const auto expected = parse_hash<FileHash>(salted.at("file_hash"));
      if (of_chunks) {
        const auto leaves = leaves_of(entry.at("leaves"));
        CHECK(xorb_hash(leaves).bytes == root.bytes);
        CHECK(file_hash(leaves, salt.bytes) == expected);
        if (salt.is_zero()) {
          CHECK(file_hash(leaves) == expected);
          CHECK(streamed(leaves) == expected);
        }
      } else if (!salt.is_zero()) {
        CHECK(keyed_chunk_hash(salt, ChunkHash::from_raw(root.bytes)).bytes == expected.bytes);
      }
    }
  }
  CHECK(beyond_chunks == 1);
}

TEST_CASE("groups end where the rule says, at any position", "[xet][merkle]") {
  for (const Json& entry : xet_vectors().at("merkle_extra").at("cases")) {
    INFO(entry.at("name"));
    const auto leaves = leaves_of(entry.at("leaves"));
    CHECK(xorb_hash(leaves).text() == entry.at("xorb_hash").get<std::string>());
    CHECK(streamed(leaves).text() == entry.at("file_hash").get<std::string>());
  }
}

TEST_CASE("one chunk's xorb hash is its own, its file hash is not", "[xet][merkle]") {
  const std::vector<ChunkRef> one = {{hash_chunk(as_bytes("Hello World!")), 12}};
  CHECK(xorb_hash(one).bytes == one[0].hash.bytes);
  CHECK(file_hash(one).bytes != one[0].hash.bytes);
  CHECK(file_hash(std::vector<ChunkRef>{}).is_zero());
  CHECK(FileHasher().finish().is_zero());
}

TEST_CASE("a file hasher starts anew after finish", "[xet][merkle]") {
  const std::vector<ChunkRef> one = {{hash_chunk(as_bytes("Hello World!")), 12}};
  FileHasher hasher;
  hasher.add(one[0]);
  CHECK(hasher.finish() == file_hash(one));
  hasher.add(one[0]);
  CHECK(hasher.finish() == file_hash(one));
  CHECK(hasher.finish().is_zero());
}

TEST_CASE("the streamed file hash equals one computed level by level", "[xet][merkle]") {
  // The rule as it is written down, over whole lists.
  const auto by_levels = [](std::vector<MerkleNode> level) {
    while (level.size() > 1) {
      std::vector<MerkleNode> parents;
      for (std::size_t at = 0; at < level.size();) {
        const std::size_t most = std::min<std::size_t>(9, level.size() - at);
        std::size_t taken = most;
        for (std::size_t i = 2; i < most; ++i) {
          if (level[at + i].hash.number() % 4 == 0) {
            taken = i + 1;
            break;
          }
        }
        const auto group = std::span(level).subspan(at, taken);
        std::uint64_t size_bytes = 0;
        for (const MerkleNode& node : group) size_bytes += node.size_bytes;
        parents.push_back({hash_node(group), size_bytes});
        at += taken;
      }
      level = parents;
    }
    return level[0].hash;
  };
  std::vector<ChunkRef> chunks;
  std::vector<MerkleNode> leaves;
  for (std::uint32_t i = 1; i <= 700; ++i) {
    chunks.push_back({hash_chunk(as_bytes(std::to_string(i))), i});
    leaves.push_back({NodeHash::from_raw(chunks.back().hash.bytes), i});
    INFO(i << " chunks");
    REQUIRE(xorb_hash(chunks).bytes == by_levels(leaves).bytes);
    REQUIRE(streamed(chunks) == file_hash(chunks));
  }
}
