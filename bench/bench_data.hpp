#pragma once
// Inputs of the micro-benchmarks: the same on every machine.

#include <benchmark/benchmark.h>

#include <mhub/base/bytes.hpp>

namespace mhub::bench {

/// Bytes without structure: what encrypted or well compressed files look like.
const Bytes& random_bytes();
/// Gaussian weights as bfloat16.
const Bytes& bfloat16_weights();
/// Gaussian weights as 32-bit floats.
const Bytes& float32_weights();
/// Log-like text.
const Bytes& text_bytes();

/// Lets the report show bytes a second.
void count_bytes(benchmark::State& state, std::size_t bytes_per_iteration);

}  // namespace mhub::bench
