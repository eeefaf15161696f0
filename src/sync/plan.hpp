#pragma once
// What has to move: pure functions, no network and no disk.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <mhub/wire/reconstruction.hpp>
#include <mhub/xet/shard.hpp>

namespace mhub::sync {

// --- downloads ---------------------------------------------------------------------------------

/// Size of chunk `index` of `xorb` if its bytes can be had without the network, else 0.
using ChunkAtHand = std::function<std::uint32_t(const xet::XorbHash& xorb, std::uint32_t index)>;

/// Chunks of one term that are at hand, and where they go in the file.
struct LocalRun {
  xet::XorbHash xorb;
  std::uint32_t first_chunk = 0;
  std::uint32_t end_chunk = 0;
  std::uint64_t file_offset = 0;
  std::uint64_t size_bytes = 0;
  bool operator==(const LocalRun&) const = default;
};

/// A term and where its output goes.
struct PlacedTerm {
  wire::ChunkRange chunks;
  std::uint64_t file_offset = 0;  ///< of the first byte of chunks.start
  std::uint64_t size_bytes = 0;
  bool operator==(const PlacedTerm&) const = default;
};

/// One GET: a fetch range of the reconstruction and every term that wants chunks of it.
struct RangeFetch {
  std::size_t fetch = 0;  ///< position in Reconstruction::fetches
  std::size_t range = 0;  ///< position in its ranges
  std::vector<PlacedTerm> terms;
  bool operator==(const RangeFetch&) const = default;
};

/// File bytes [begin, end) that need a reconstruction of their own, since the ranges on offer would
/// fetch much that is at hand.
struct ByteSpan {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool operator==(const ByteSpan&) const = default;
};

struct DownloadPlan {
  std::vector<LocalRun> local;
  std::vector<RangeFetch> fetches;
  std::vector<ByteSpan> spans;  ///< ascending, apart
  std::uint64_t local_bytes = 0;
  std::uint64_t fetch_bytes = 0;  ///< compressed, of `fetches`
};

/// Splits a reconstruction into what is at hand and what must be fetched. `file_offset` is where
/// the output of the first term, after offset_into_first_range, starts. A fetch range of which at
/// least half the chunks are wanted is fetched as a whole; wanted parts of others become spans
/// (`allow_spans` false: they are fetched as a whole too). Throws Error: corrupt if the terms do
/// not add up to `length`.
DownloadPlan plan_download(const wire::Reconstruction& reconstruction, std::uint64_t file_offset,
                           std::uint64_t length, const ChunkAtHand& at_hand, bool allow_spans);

// --- uploads -----------------------------------------------------------------------------------

/// One chunk of a file to be pushed, in file order.
struct WantedChunk {
  xet::ChunkRef ref;
  xet::XorbHash xorb;  ///< where the local recipe has it
  std::uint32_t index = 0;
};

struct UploadFile {
  Sha256 sha256;
  xet::FileHash xet_hash;
  std::vector<WantedChunk> chunks;
};

/// A place on the remote.
struct RemotePlace {
  xet::XorbHash xorb;
  std::uint32_t index = 0;
};

/// What the planner asks about the outside world.
struct UploadKnowledge {
  /// The remote holds this xorb.
  std::function<bool(const xet::XorbHash&)> remote_has;
  /// The remote holds the chunk in some other xorb.
  std::function<std::optional<RemotePlace>(const xet::ChunkHash&)> remote_place;
  /// Number of chunks of a xorb whose file is here, 0 if it is not here.
  std::function<std::uint32_t(const xet::XorbHash&)> local_chunks;
};

struct UploadPlan {
  std::vector<xet::XorbHash> whole_xorbs;  ///< local, sent as they are
  std::vector<WantedChunk> repack;         ///< distinct, to be packed into new xorbs, in this order
  std::uint64_t new_raw_bytes = 0;
  std::uint64_t known_raw_bytes = 0;
};

/// What to send so that the remote can have every file. A local xorb goes as it is only if all its
/// chunks belong to `files`; chunks of others are repacked, so that nothing rides along.
UploadPlan plan_upload(std::span<const UploadFile> files, const UploadKnowledge& knowledge);

/// The recipe of a file on the remote: consecutive places joined into terms, with range hashes.
/// `place` says where each chunk lies after the upload.
xet::ShardFile make_shard_file(const UploadFile& file,
                               const std::function<RemotePlace(const WantedChunk&)>& place);

}  // namespace mhub::sync
