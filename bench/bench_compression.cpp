// Each scheme in both directions over pieces of a usual chunk's size. The counter `stored` is what
// is left of the input.

#include <mhub/xet/chunker.hpp>
#include <mhub/xet/compression.hpp>

#include "bench_data.hpp"

namespace mhub::bench {

namespace {

constexpr std::size_t kPieceBytes = xet::kChunkTargetBytes;
using Input = const Bytes& (*)();
using xet::Scheme;

void compress(benchmark::State& state, Scheme scheme, Input input_of) {
  const ByteView input = input_of();
  Bytes out;
  std::size_t stored_bytes = 0;
  for (auto _ : state) {
    stored_bytes = 0;
    for (std::size_t at = 0; at + kPieceBytes <= input.size(); at += kPieceBytes) {
      xet::compress_chunk(scheme, input.subspan(at, kPieceBytes), out);
      stored_bytes += out.size();
    }
  }
  const std::size_t input_bytes = input.size() / kPieceBytes * kPieceBytes;
  count_bytes(state, input_bytes);
  state.counters["stored"] = static_cast<double>(stored_bytes) / static_cast<double>(input_bytes);
}

void decompress(benchmark::State& state, Scheme scheme, Input input_of) {
  const ByteView input = input_of();
  struct Stored {
    Scheme scheme;
    Bytes bytes;
  };
  std::vector<Stored> chunks;
  for (std::size_t at = 0; at + kPieceBytes <= input.size(); at += kPieceBytes) {
    Stored stored;
    stored.scheme = xet::compress_chunk(scheme, input.subspan(at, kPieceBytes), stored.bytes);
    chunks.push_back(std::move(stored));
  }
  Bytes out(kPieceBytes);
  for (auto _ : state) {
    for (const Stored& stored : chunks) xet::decompress_chunk(stored.scheme, stored.bytes, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, chunks.size() * kPieceBytes);
}

void choose(benchmark::State& state, Input input_of) {
  const ByteView piece = ByteView(input_of()).first(kPieceBytes);
  for (auto _ : state) benchmark::DoNotOptimize(xet::choose_scheme(piece));
}

void group(benchmark::State& state) {
  const ByteView piece = ByteView(random_bytes()).first(kPieceBytes);
  Bytes out(kPieceBytes);
  for (auto _ : state) {
    xet::group_bytes4(piece, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, kPieceBytes);
}

void ungroup(benchmark::State& state) {
  const ByteView piece = ByteView(random_bytes()).first(kPieceBytes);
  Bytes out(kPieceBytes);
  for (auto _ : state) {
    xet::ungroup_bytes4(piece, out);
    benchmark::ClobberMemory();
  }
  count_bytes(state, kPieceBytes);
}

BENCHMARK(group);
BENCHMARK(ungroup);
BENCHMARK_CAPTURE(compress, lz4_random, Scheme::lz4, random_bytes);
BENCHMARK_CAPTURE(compress, lz4_text, Scheme::lz4, text_bytes);
BENCHMARK_CAPTURE(compress, grouped_bf16, Scheme::grouped4_lz4, bfloat16_weights);
BENCHMARK_CAPTURE(compress, grouped_f32, Scheme::grouped4_lz4, float32_weights);
BENCHMARK_CAPTURE(decompress, lz4_text, Scheme::lz4, text_bytes);
BENCHMARK_CAPTURE(decompress, grouped_bf16, Scheme::grouped4_lz4, bfloat16_weights);
BENCHMARK_CAPTURE(decompress, grouped_f32, Scheme::grouped4_lz4, float32_weights);
BENCHMARK_CAPTURE(choose, random, random_bytes);
BENCHMARK_CAPTURE(choose, text, text_bytes);
BENCHMARK_CAPTURE(choose, bf16, bfloat16_weights);
BENCHMARK_CAPTURE(choose, f32, float32_weights);

}  // namespace

}  // namespace mhub::bench
