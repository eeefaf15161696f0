#include "xet_vectors.hpp"

#include <fstream>

#include <mhub/xet/chunker.hpp>

#include "support/catch.hpp"

namespace mhub::test {

namespace {

void append_word(Bytes& out, std::uint64_t word, std::size_t size_bytes) {
  for (std::size_t i = 0; i < 8 && out.size() < size_bytes; ++i)
    out.push_back(static_cast<std::byte>(word >> (8 * i)));
}

Bytes pcg_bytes(std::uint64_t seed1, std::uint64_t seed2, std::size_t size_bytes) {
  __extension__ using Wide = unsigned __int128;
  const auto wide = [](std::uint64_t high, std::uint64_t low) { return (Wide{high} << 64) | low; };
  const Wide multiplier = wide(2549297995355413924u, 4865540595714422341u);
  const Wide increment = wide(6364136223846793005u, 1442695040888963407u);
  Wide state = wide(seed1, seed2);
  Bytes out;
  while (out.size() < size_bytes) {
    state = state * multiplier + increment;
    auto high = static_cast<std::uint64_t>(state >> 64);
    const auto low = static_cast<std::uint64_t>(state);
    high ^= high >> 32;
    high *= 0xda942042e4dd58b5u;
    high ^= high >> 48;
    high *= low | 1;
    append_word(out, high, size_bytes);
  }
  return out;
}

}  // namespace

const Json& xet_vectors() {
  static const Json vectors = [] {
    std::ifstream file(MHUB_GOLDEN_DIR "/xet/vectors.json");
    REQUIRE(file);
    return Json::parse(file);
  }();
  return vectors;
}

Bytes splitmix_bytes(std::uint64_t seed, std::size_t size_bytes) {
  Bytes out;
  out.reserve(size_bytes);
  std::uint64_t state = seed;
  while (out.size() < size_bytes) {
    state += 0x9E3779B97F4A7C15u;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    append_word(out, z ^ (z >> 31), size_bytes);
  }
  return out;
}

Bytes make_input(const Json& file) {
  const Json& generator = file.at("generator");
  const auto kind = generator.at("kind").get<std::string>();
  const auto size_bytes = file.at("size").get<std::size_t>();
  if (kind == "splitmix64") return splitmix_bytes(generator.at("seed"), size_bytes);
  if (kind == "pcg_dxsm")
    return pcg_bytes(generator.at("seed1"), generator.at("seed2"), size_bytes);
  if (kind == "fill")
    return Bytes(size_bytes, static_cast<std::byte>(generator.at("byte").get<unsigned>()));
  Bytes out(size_bytes);
  if (kind == "ascii") {
    const ByteView text = as_bytes(generator.at("text").get_ref<const std::string&>());
    REQUIRE(text.size() == size_bytes);
    std::copy(text.begin(), text.end(), out.begin());
  } else if (kind == "linear") {
    const auto a = generator.at("a").get<std::size_t>();
    const auto b = generator.at("b").get<std::size_t>();
    for (std::size_t i = 0; i < size_bytes; ++i) out[i] = static_cast<std::byte>(i * a + b);
  } else {
    REQUIRE(kind == "mask_hits");
    for (const std::size_t end : generator.at("hits").get<std::vector<std::size_t>>()) {
      out[end - 3] = std::byte{0x02};
      out[end - 2] = std::byte{0x31};
      out[end - 1] = std::byte{0xfb};
    }
  }
  return out;
}

const Json& vector_file(const std::string& name) {
  for (const Json& file : xet_vectors().at("files"))
    if (file.at("name") == name) return file;
  FAIL("no vector file is named " << name);
  throw std::logic_error("unreachable");
}

Bytes bytes_of_hex(const std::string& hex) {
  return from_hex(hex).value();
}

std::vector<xet::ChunkRef> cut_and_hash(ByteView input) {
  std::vector<xet::ChunkRef> chunks;
  for (const std::uint32_t length : xet::chunk_lengths(input)) {
    chunks.push_back({xet::hash_chunk(input.first(length)), length});
    input = input.subspan(length);
  }
  return chunks;
}

}  // namespace mhub::test
