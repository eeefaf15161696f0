#include <mhub/base/sha256.hpp>
#include <mhub/xet/chunker.hpp>

#include "support/catch.hpp"
#include "xet/gear_table.hpp"
#include "xet_vectors.hpp"

using namespace mhub;
using namespace mhub::xet;
using namespace mhub::test;

namespace {

/// The rule as it is written down: no skip, one byte at a time.
std::vector<std::uint32_t> lengths_by_rule(ByteView bytes) {
  std::vector<std::uint32_t> lengths;
  std::uint64_t gear = 0;
  std::uint32_t length = 0;
  for (const std::byte value : bytes) {
    gear = (gear << 1) + kGearTable[std::to_integer<std::size_t>(value)];
    ++length;
    const bool matches = (gear & 0xFFFF000000000000u) == 0;
    if (length == kChunkMaxBytes || (length >= kChunkMinBytes && matches)) {
      lengths.push_back(length);
      gear = 0;
      length = 0;
    }
  }
  if (length > 0) lengths.push_back(length);
  return lengths;
}

template <class NextPiece>
std::vector<std::uint32_t> lengths_in_pieces(ByteView bytes, NextPiece next_piece) {
  std::vector<std::uint32_t> lengths;
  Chunker chunker;
  std::uint32_t before = 0;
  while (!bytes.empty()) {
    ByteView piece = bytes.first(std::min<std::size_t>(next_piece(), bytes.size()));
    bytes = bytes.subspan(piece.size());
    while (const auto end = chunker.next_end(piece)) {
      lengths.push_back(before + static_cast<std::uint32_t>(*end));
      before = 0;
      piece = piece.subspan(*end);
    }
    before = chunker.pending_bytes();
  }
  if (before > 0) lengths.push_back(before);
  return lengths;
}

}  // namespace

TEST_CASE("the gear table is the published one", "[xet][chunker]") {
  Bytes bytes;
  for (const std::uint64_t value : kGearTable) append_le(bytes, value);
  CHECK(sha256_of(bytes).hex() ==
        "e1d3936666d7ae7a977c958e9afcc75f90aaca758ce5fbe4ece61dffefe1912c");
}

TEST_CASE("files are cut and hashed like the published vectors", "[xet][chunker]") {
  for (const Json& file : xet_vectors().at("files")) {
    INFO(file.at("name"));
    const Bytes input = make_input(file);
    REQUIRE(sha256_of(input).hex() == file.at("sha256").get<std::string>());
    const auto lengths = chunk_lengths(input);
    CHECK(lengths == file.at("chunk_lengths").get<std::vector<std::uint32_t>>());
    CHECK(lengths == lengths_by_rule(input));

    const auto chunks = cut_and_hash(input);
    std::vector<ChunkHash> hashes;
    std::vector<std::string> texts;
    std::vector<std::size_t> eligible;
    for (const ChunkRef& chunk : chunks) {
      if (is_dedup_eligible(chunk.hash)) eligible.push_back(hashes.size());
      hashes.push_back(chunk.hash);
      texts.push_back(chunk.hash.text());
    }
    CHECK(texts == file.at("chunk_hashes").get<std::vector<std::string>>());
    CHECK(eligible == file.at("global_dedup_eligible_by_hash").get<std::vector<std::size_t>>());
    CHECK(xorb_hash(chunks).text() == file.at("xorb_hash").get<std::string>());
    CHECK(file_hash(chunks).text() == file.at("file_hash").get<std::string>());
    if (!file.at("range_hash_all_chunks").is_null())
      CHECK(hash_range(hashes).text() == file.at("range_hash_all_chunks").get<std::string>());
  }
}

TEST_CASE("patterns that trigger often are cut like the published cases", "[xet][chunker]") {
  const Json& vectors = xet_vectors().at("trigger_cases");
  const Bytes pattern = bytes_of_hex(vectors.at("pattern_hex"));
  const auto size_bytes = vectors.at("size").get<std::size_t>();
  CHECK(vectors.at("cases").size() == 128);
  for (const Json& entry : vectors.at("cases")) {
    INFO("padding " << entry.at("padding"));
    Bytes input = pattern;
    input.resize(input.size() + entry.at("padding").get<std::size_t>());
    while (input.size() < size_bytes) {
      const Bytes again(input.begin(),
                        input.begin() + static_cast<std::ptrdiff_t>(
                                            std::min(size_bytes - input.size(), input.size())));
      append(input, again);
    }
    std::vector<std::uint32_t> ends;
    std::uint32_t end = 0;
    for (const std::uint32_t length : chunk_lengths(input)) ends.push_back(end += length);
    CHECK(ends == entry.at("chunk_ends").get<std::vector<std::uint32_t>>());
  }
}

TEST_CASE("cuts do not depend on how the input is split", "[xet][chunker]") {
  for (const Json& file : xet_vectors().at("files")) {
    const Bytes input = make_input(file);
    if (input.size() > 1100000) continue;
    INFO(file.at("name"));
    const auto whole = chunk_lengths(input);
    CHECK(lengths_in_pieces(input, [] { return 1; }) == whole);
    for (const std::size_t piece : {7u, 63u, 64u, 65u, 4096u, 8127u, 8128u, 8191u, 8192u, 8193u,
                                    65536u, 131071u, 131072u, 131073u}) {
      INFO("pieces of " << piece);
      CHECK(lengths_in_pieces(input, [=] { return piece; }) == whole);
    }
    std::uint64_t state = 1;
    CHECK(lengths_in_pieces(input, [&] {
            state = state * 6364136223846793005u + 1442695040888963407u;
            return std::size_t{1} << (state >> 60);
          }) == whole);
  }
}

TEST_CASE("a chunk may end exactly where a piece does", "[xet][chunker]") {
  const Bytes input = splitmix_bytes(3, 600000);
  const auto lengths = chunk_lengths(input);
  Chunker chunker;
  std::size_t at = 0;
  for (const std::uint32_t length : lengths) {
    const bool last = at + length == input.size();
    const ByteView piece = ByteView(input).subspan(at, length);
    CHECK_FALSE(chunker.next_end(piece.first(length - 1)));
    CHECK(chunker.pending_bytes() == length - 1);
    const auto end = chunker.next_end(piece.last(1));
    if (last) {
      CHECK(chunker.pending_bytes() == length);
    } else {
      CHECK(end == 1u);
      CHECK(chunker.pending_bytes() == 0);
    }
    CHECK_FALSE(chunker.next_end({}));
    at += length;
  }
  CHECK(at == input.size());
}

TEST_CASE("stretches in which any offset may be a cut are cut by the rule", "[xet][chunker]") {
  Bytes input = splitmix_bytes(11, 400000);
  for (const auto& [at, end, value] :
       {std::tuple{50000, 50100, 59}, {100000, 140000, 0}, {200000, 260000, 255}})
    std::fill(input.begin() + at, input.begin() + end, static_cast<std::byte>(value));
  for (std::size_t from = 0; from < 70; ++from) {
    INFO("from " << from);
    const ByteView part = ByteView(input).subspan(from);
    CHECK(chunk_lengths(part) == lengths_by_rule(part));
  }
}
