// Chunk and tree hashes beside BLAKE3 and SHA-256 over the same bytes.

#include <blake3.h>

#include <mhub/base/sha256.hpp>
#include <mhub/xet/chunker.hpp>
#include <mhub/xet/merkle.hpp>

#include "bench_data.hpp"

namespace mhub::bench {

namespace {

constexpr std::size_t kPieceBytes = xet::kChunkTargetBytes;

void blake3_plain(benchmark::State& state) {
  const Bytes& input = random_bytes();
  for (auto _ : state) {
    for (std::size_t at = 0; at < input.size(); at += kPieceBytes) {
      blake3_hasher hasher;
      blake3_hasher_init(&hasher);
      blake3_hasher_update(&hasher, &input[at], kPieceBytes);
      std::uint8_t digest[BLAKE3_OUT_LEN];
      blake3_hasher_finalize(&hasher, digest, sizeof digest);
      benchmark::DoNotOptimize(digest);
    }
  }
  count_bytes(state, input.size());
}

void hash_chunks(benchmark::State& state) {
  const ByteView input = random_bytes();
  for (auto _ : state) {
    for (std::size_t at = 0; at < input.size(); at += kPieceBytes)
      benchmark::DoNotOptimize(xet::hash_chunk(input.subspan(at, kPieceBytes)));
  }
  count_bytes(state, input.size());
}

void sha256(benchmark::State& state) {
  const Bytes& input = random_bytes();
  for (auto _ : state) benchmark::DoNotOptimize(sha256_of(input));
  count_bytes(state, input.size());
}

void chunk_and_hash(benchmark::State& state) {
  const ByteView input = random_bytes();
  for (auto _ : state) {
    xet::Chunker chunker;
    xet::FileHasher file;
    for (ByteView rest = input; !rest.empty();) {
      const std::size_t size = chunker.next_end(rest).value_or(rest.size());
      file.add({xet::hash_chunk(rest.first(size)), static_cast<std::uint32_t>(size)});
      rest = rest.subspan(size);
    }
    benchmark::DoNotOptimize(file.finish());
  }
  count_bytes(state, input.size());
}

/// Chunks a second, as bytes of files with chunks of the usual size.
void tree_over_chunks(benchmark::State& state) {
  std::vector<xet::ChunkRef> chunks(100000);
  for (std::size_t i = 0; i < chunks.size(); ++i)
    chunks[i] = {xet::hash_chunk(as_bytes(std::to_string(i))), kPieceBytes};
  for (auto _ : state) benchmark::DoNotOptimize(xet::file_hash(chunks));
  count_bytes(state, chunks.size() * kPieceBytes);
}

BENCHMARK(blake3_plain);
BENCHMARK(hash_chunks);
BENCHMARK(sha256);
BENCHMARK(chunk_and_hash);
BENCHMARK(tree_over_chunks);

}  // namespace

}  // namespace mhub::bench
