// Chunking beside what bounds it: copying the same bytes, and the plain loop of the rule.

#include <cstring>

#include <mhub/xet/chunker.hpp>

#include "../src/xet/gear_table.hpp"
#include "bench_data.hpp"

namespace mhub::bench {

namespace {

void copy_bytes(benchmark::State& state) {
  const Bytes& input = random_bytes();
  Bytes out(input.size());
  for (auto _ : state) {
    std::memcpy(out.data(), input.data(), input.size());
    benchmark::ClobberMemory();
  }
  count_bytes(state, input.size());
}

void chunk_plain_loop(benchmark::State& state) {
  const Bytes& input = random_bytes();
  for (auto _ : state) {
    std::uint64_t gear = 0;
    std::uint32_t length = 0;
    std::size_t chunks = 0;
    for (const std::byte value : input) {
      gear = (gear << 1) + xet::kGearTable[std::to_integer<std::size_t>(value)];
      if (++length < xet::kChunkMinBytes) continue;
      if (length == xet::kChunkMaxBytes || gear >> 48 == 0) {
        ++chunks;
        gear = 0;
        length = 0;
      }
    }
    benchmark::DoNotOptimize(chunks);
  }
  count_bytes(state, input.size());
}

void chunk(benchmark::State& state) {
  const Bytes& input = random_bytes();
  for (auto _ : state) benchmark::DoNotOptimize(xet::chunk_lengths(input));
  count_bytes(state, input.size());
}

BENCHMARK(copy_bytes);
BENCHMARK(chunk_plain_loop);
BENCHMARK(chunk);

}  // namespace

}  // namespace mhub::bench
