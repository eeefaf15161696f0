#pragma once
// How a file is put together from xorbs: the answer of a CAS to GET /v1/reconstructions/{file} and
// GET /v2/reconstructions/{file}. Both forms are one struct here.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/xet/hash.hpp>

namespace mhub::wire {

/// Largest reconstruction body that a parser accepts.
inline constexpr std::size_t kReconstructionMaxBodyBytes = std::size_t{32} << 20;
/// Terms of one answer.
inline constexpr std::size_t kReconstructionMaxTerms = std::size_t{1} << 19;

/// Chunk indices [start, end) in a xorb.
struct ChunkRange {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  std::uint32_t count() const { return end - start; }
  bool contains(const ChunkRange& other) const { return start <= other.start && other.end <= end; }
  bool operator==(const ChunkRange&) const = default;
};

/// Bytes [first, last] in a stored xorb: the end is inclusive, as in an HTTP Range header.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t size_bytes() const { return last - first + 1; }
  bool operator==(const ByteRange&) const = default;
};

/// A run of consecutive chunks that the file continues with.
struct ReconstructionTerm {
  xet::XorbHash xorb = {};
  ChunkRange chunks = {};
  std::uint64_t unpacked_bytes = 0;  ///< length of these chunks, decompressed
  bool operator==(const ReconstructionTerm&) const = default;
};

/// Chunk records that lie together in a stored xorb. `bytes` starts and ends at record borders.
struct FetchRange {
  ChunkRange chunks = {};
  ByteRange bytes = {};
  bool operator==(const FetchRange&) const = default;
};

/// One URL and the ranges that it may be asked for, each exactly as listed.
struct XorbFetch {
  xet::XorbHash xorb = {};
  std::string url = {};
  std::vector<FetchRange> ranges = {};  ///< ascending
  bool operator==(const XorbFetch&) const = default;
};

struct Reconstruction {
  /// Bytes to drop from the start of the first term's output; may span several chunks.
  std::uint64_t offset_into_first_range = 0;
  std::vector<ReconstructionTerm> terms = {};  ///< in file order
  /// Every term lies wholly in one range of one of these. All fetches of a xorb stand together.
  std::vector<XorbFetch> fetches = {};
  bool operator==(const Reconstruction&) const = default;
};

/// Where `term`'s bytes are, as positions in `fetches` and `ranges`.
struct FetchPlace {
  std::size_t fetch = 0;
  std::size_t range = 0;
  bool operator==(const FetchPlace&) const = default;
};

/// For each term of `reconstruction` the fetch range that holds it. Throws Error: corrupt if a term
/// lies in none.
std::vector<FetchPlace> place_terms(const Reconstruction& reconstruction);

/// Throws Error: corrupt, also for reversed, empty or oversized ranges, a term that no fetch
/// covers, an offset beyond the first term, and lengths that its chunk count could not have.
Reconstruction parse_reconstruction_v1(std::string_view json);
Reconstruction parse_reconstruction_v2(std::string_view json);
/// v1 repeats a fetch's URL for each of its ranges.
std::string to_json_v1(const Reconstruction& reconstruction);
/// Several files in one answer of v1: the terms of each, and the fetches of all.
struct FileTerms {
  xet::FileHash file = {};
  std::vector<ReconstructionTerm> terms = {};
};
std::string to_json_v1(std::span<const FileTerms> files, std::span<const XorbFetch> fetches);
std::string to_json_v2(const Reconstruction& reconstruction);

}  // namespace mhub::wire
