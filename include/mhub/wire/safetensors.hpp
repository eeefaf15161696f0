#pragma once
// How many parameters a model has, by what its safetensors files say at their heads: eight bytes
// of length (little-endian), then JSON that names every tensor's type and shape. Larger models lie
// in several such files, which an index names. https://github.com/huggingface/safetensors

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <mhub/base/bytes.hpp>

namespace mhub::wire {

/// By type of data, as the files call it ("F32", "BF16").
using ParameterCounts = std::map<std::string, std::uint64_t>;

/// Of all types together. Counts of the functions below add up without overflow.
std::uint64_t total_of(const ParameterCounts& counts);
/// False, with `counts` as they were, if the total would pass INT64_MAX or the types be too many.
bool add_counts(ParameterCounts& counts, const ParameterCounts& more);

inline constexpr std::size_t kSafetensorsLengthBytes = 8;
inline constexpr std::uint64_t kSafetensorsMaxHeaderBytes = std::uint64_t{16} << 20;
inline constexpr std::size_t kSafetensorsMaxShards = 1000;

/// The length of the JSON behind the first eight bytes of a file of `file_bytes`. Nothing if it
/// passes the file's end or kSafetensorsMaxHeaderBytes, or `start` is shorter.
std::optional<std::uint64_t> safetensors_header_bytes(ByteView start, std::uint64_t file_bytes);

/// What the header (the JSON alone) of a file counts. Nothing for what is none. Takes no memory
/// that grows with it.
std::optional<ParameterCounts> count_parameters(std::string_view header_json);

/// The files that an index (model.safetensors.index.json) names. Nothing for what is none, names
/// none, or more than kSafetensorsMaxShards.
std::optional<std::set<std::string>> find_safetensors_shards(std::string_view index_json);

}  // namespace mhub::wire
