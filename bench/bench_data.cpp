#include "bench_data.hpp"

#include <cstring>
#include <random>

namespace mhub::bench {

namespace {

// Larger than a second-level cache, small enough to leave memory bandwidth out of the picture.
constexpr std::size_t kInputBytes = std::size_t{64} << 20;

Bytes make_random() {
  std::mt19937_64 random(1);
  Bytes out(kInputBytes);
  for (std::size_t at = 0; at < out.size(); at += 8) store_le<std::uint64_t>(&out[at], random());
  return out;
}

Bytes make_weights(std::size_t bytes_each) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  Bytes out(kInputBytes / 4);
  for (std::size_t at = 0; at < out.size(); at += bytes_each) {
    const float value = normal(random);
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    store_le(&out[at], bits >> (32 - 8 * bytes_each), bytes_each);
  }
  return out;
}

Bytes make_text() {
  Bytes out;
  for (std::uint64_t i = 0; out.size() < kInputBytes / 4; ++i)
    append(out, as_bytes("request " + std::to_string(i * 2654435761u % 100000) + " took " +
                         std::to_string(i * 40503u % 977) + " ms\n"));
  return out;
}

}  // namespace

const Bytes& random_bytes() {
  static const Bytes bytes = make_random();
  return bytes;
}
const Bytes& bfloat16_weights() {
  static const Bytes bytes = make_weights(2);
  return bytes;
}
const Bytes& float32_weights() {
  static const Bytes bytes = make_weights(4);
  return bytes;
}
const Bytes& text_bytes() {
  static const Bytes bytes = make_text();
  return bytes;
}

void count_bytes(benchmark::State& state, std::size_t bytes_per_iteration) {
  state.SetBytesProcessed(static_cast<std::int64_t>(
      state.iterations() * static_cast<std::int64_t>(bytes_per_iteration)));
}

}  // namespace mhub::bench
