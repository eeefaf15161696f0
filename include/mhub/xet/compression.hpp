#pragma once
// How one chunk is stored inside a xorb. The schemes: docs/format/xorb.md.

#include <cstdint>
#include <string_view>

#include <mhub/base/bytes.hpp>

namespace mhub::xet {

/// Ids 0 to 2 are Xet's and understood by every peer. Others are mhub's own and go only to a peer
/// that says it knows them.
enum class Scheme : std::uint8_t {
  none = 0,
  lz4 = 1,           ///< one LZ4 frame
  grouped4_lz4 = 2,  ///< bytes i mod 4 gathered in four groups, then one LZ4 frame
};

bool is_known_scheme(std::uint8_t id);

/// Byte grouping by 4 and back; out.size() == in.size().
void group_bytes4(ByteView in, std::span<std::byte> out);
void ungroup_bytes4(ByteView in, std::span<std::byte> out);

/// Compresses `chunk` (at most kChunkMaxBytes) by `scheme` into `out` (replaced); returns the
/// scheme really used: `none`, with `out` a copy, where compression does not shrink it.
Scheme compress_chunk(Scheme scheme, ByteView chunk, Bytes& out);

/// Decompresses into `out`, whose size is the declared length. Throws Error: corrupt unless the
/// payload yields exactly that many bytes and holds nothing more.
void decompress_chunk(Scheme scheme, ByteView payload, std::span<std::byte> out);

/// Chooses a scheme from a sample (of which at most 32 KiB are looked at): grouping where the four
/// byte phases differ in their popcounts, as the reference client does it, and a trial whether the
/// choice pays, so that incompressible data costs no more than this. About as dear as compressing
/// one chunk: ask once for a run of chunks of one file (32 is usual), not for each. Deterministic.
Scheme choose_scheme(ByteView sample);

}  // namespace mhub::xet
