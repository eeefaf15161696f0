#pragma once
// Published vectors and the inputs they speak of (tests/golden/xet/README.md).

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <mhub/base/bytes.hpp>
#include <mhub/xet/merkle.hpp>

namespace mhub::test {

using Json = nlohmann::json;

/// The whole of tests/golden/xet/vectors.json, read once.
const Json& xet_vectors();

/// The input that an element of "files" describes.
Bytes make_input(const Json& file);
/// The element of "files" with this name.
const Json& vector_file(const std::string& name);

/// SplitMix64 as little-endian words.
Bytes splitmix_bytes(std::uint64_t seed, std::size_t size_bytes);

Bytes bytes_of_hex(const std::string& hex);

/// The hash whose text stands in `text`.
template <class HashType>
HashType parse_hash(const Json& text) {
  return HashType::parse(text.get<std::string>()).value();
}

/// Chunks of `input` as the layer under test cuts and hashes them.
std::vector<xet::ChunkRef> cut_and_hash(ByteView input);

}  // namespace mhub::test
