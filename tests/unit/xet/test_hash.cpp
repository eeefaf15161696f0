#include <mhub/xet/hash.hpp>

#include "support/catch.hpp"
#include "xet_vectors.hpp"

using namespace mhub;
using namespace mhub::xet;
using namespace mhub::test;

TEST_CASE("a hash reads and prints the published text forms", "[xet][hash]") {
  for (const Json& entry : xet_vectors().at("hash_strings")) {
    const Bytes raw = bytes_of_hex(entry.at("raw"));
    const auto hash = ChunkHash::from_raw(std::span(raw).first<kHashBytes>());
    const auto text = entry.at("string").get<std::string>();
    INFO(text);
    CHECK(hash.text() == text);
    CHECK(ChunkHash::parse(text) == hash);
    CHECK(hash.number() == entry.at("last_u64").get<std::uint64_t>());
    CHECK(hash.prefix() == entry.at("truncated_u64").get<std::uint64_t>());
  }
}

TEST_CASE("upper-case digits are read, anything else than 64 digits is not", "[xet][hash]") {
  const std::string text = "d8d408e608fb9ca213b9909a65d86d725f2de4d8d540324be8a363e7a6e228cb";
  std::string upper = text;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  CHECK(ChunkHash::parse(upper) == ChunkHash::parse(text));
  CHECK_FALSE(ChunkHash::parse(""));
  CHECK_FALSE(ChunkHash::parse(text.substr(1)));
  CHECK_FALSE(ChunkHash::parse(text + "0"));
  CHECK_FALSE(ChunkHash::parse("g" + text.substr(1)));
  CHECK_FALSE(ChunkHash::parse(" " + text.substr(1)));
}

TEST_CASE("chunk hashes equal the published ones", "[xet][hash]") {
  for (const Json& entry : xet_vectors().at("chunk_hashes")) {
    const auto text = entry.at("ascii").get<std::string>();
    INFO(text);
    CHECK(hash_chunk(as_bytes(text)).text() == entry.at("string").get<std::string>());
  }
}

TEST_CASE("range hashes equal the published ones", "[xet][hash]") {
  for (const Json& entry : xet_vectors().at("range_hashes")) {
    std::vector<ChunkHash> chunks;
    if (entry.contains("file")) {
      const auto all = vector_file(entry.at("file")).at("chunk_hashes");
      for (std::size_t i = entry.at("chunk_start"); i < entry.at("chunk_end"); ++i)
        chunks.push_back(parse_hash<ChunkHash>(all.at(i)));
    } else {
      for (const Json& chunk : entry.at("chunks")) chunks.push_back(parse_hash<ChunkHash>(chunk));
    }
    CHECK(hash_range(chunks).text() == entry.at("hash").get<std::string>());
  }
}

TEST_CASE("keyed chunk hashes equal the published ones", "[xet][hash]") {
  for (const Json& entry : xet_vectors().at("hmac")) {
    const auto chunk = parse_hash<ChunkHash>(entry.at("hash"));
    const auto key = parse_hash<HmacKey>(entry.at("key"));
    CHECK(keyed_chunk_hash(key, chunk).text() == entry.at("result").get<std::string>());
    CHECK(keyed_chunk_hash(HmacKey{}, chunk) == chunk);
  }
  const Json& answer = xet_vectors().at("production_dedup_shard");
  CHECK(keyed_chunk_hash(parse_hash<HmacKey>(answer.at("hmac_key")),
                         parse_hash<ChunkHash>(answer.at("plain_chunk")))
            .text() == answer.at("plain_chunk_keyed").get<std::string>());
}

TEST_CASE("exactly the listed chunks are eligible for deduplication queries", "[xet][hash]") {
  std::vector<std::string> eligible;
  for (int i = 0; i < 6000; ++i) {
    const std::string text = std::to_string(i);
    if (is_dedup_eligible(hash_chunk(as_bytes(text)))) eligible.push_back(text);
  }
  std::vector<std::string> listed;
  for (const Json& entry : xet_vectors().at("global_dedup_eligibility").at("eligible"))
    listed.push_back(entry.at("ascii"));
  CHECK(eligible == listed);
}
