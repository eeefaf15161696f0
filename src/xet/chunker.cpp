// Gear chunking.
//
// The hash takes one shift and one add a byte, and a 64-bit hash shifted by one has forgotten a
// byte after 64 of them. A cut is looked for only once a chunk has 8192 bytes, so nothing that
// happened before the 64 bytes that end there can matter: the scan of a chunk starts 64 bytes
// before its first testable end, and that is exact. It also means that whether a position can be a
// cut depends on the 64 bytes before it alone, never on where chunks begin, so positions can be
// looked for anywhere, in any order (gear_scan_*), and chosen afterwards.

#include <algorithm>

#include <mhub/xet/chunker.hpp>

#include "gear_table.hpp"

namespace mhub::xet {

namespace {

// A cut needs the top 16 bits to be zero.
constexpr std::uint64_t kNoCut = std::uint64_t{1} << 48;

// Bytes at the start of a chunk that no test can see.
constexpr std::uint32_t kUnseenBytes = kChunkMinBytes - kGearWindowBytes;

inline std::uint64_t gear_step(std::uint64_t gear, std::byte value) {
  std::uint64_t addend = kGearTable[std::to_integer<std::size_t>(value)];
#if defined(__GNUC__)
  // Keeps the table load out of the chain, which then is one lea a byte.
  asm("" : "+r"(addend));
#endif
  return addend + gear * 2;
}

std::uint64_t absorb(std::uint64_t gear, ByteView bytes) {
  for (const std::byte value : bytes) gear = gear_step(gear, value);
  return gear;
}

/// Index of the first byte after which the hash allows a cut, or bytes.size(). `gear` is the hash
/// after the last byte looked at.
std::size_t find_cut(ByteView bytes, std::uint64_t& gear) {
  const std::byte* const data = bytes.data();
  const std::size_t size = bytes.size();
  std::uint64_t h = gear;
  std::size_t i = 0;
  std::size_t found = size;
#define MHUB_GEAR_STEP(k)          \
  h = gear_step(h, data[i + (k)]); \
  if (h < kNoCut) [[unlikely]] {   \
    found = i + (k);               \
    break;                         \
  }
  for (; i + 8 <= size; i += 8) {
    MHUB_GEAR_STEP(0)
    MHUB_GEAR_STEP(1)
    MHUB_GEAR_STEP(2)
    MHUB_GEAR_STEP(3)
    MHUB_GEAR_STEP(4)
    MHUB_GEAR_STEP(5)
    MHUB_GEAR_STEP(6)
    MHUB_GEAR_STEP(7)
  }
  if (found == size) {
    for (; i < size; ++i) {
      MHUB_GEAR_STEP(0)
    }
  }
#undef MHUB_GEAR_STEP
  gear = h;
  return found;
}

}  // namespace

void gear_scan_scalar(ByteView bytes, std::size_t from, std::vector<std::size_t>& cuts) {
  const std::size_t warm_up = std::min<std::size_t>(from, kGearWindowBytes - 1);
  std::uint64_t gear = absorb(0, bytes.subspan(from - warm_up, warm_up));
  for (std::size_t at = from; at < bytes.size();) {
    const std::size_t found = at + find_cut(bytes.subspan(at), gear);
    if (found == bytes.size()) return;
    at = found + 1;
    cuts.push_back(at);
  }
}

GearScan best_gear_scan() {
  return gear_scan_scalar;
}

std::optional<std::size_t> Chunker::next_end(ByteView bytes) {
  std::size_t at = 0;
  if (pending_ < kUnseenBytes) {
    at = std::min<std::size_t>(kUnseenBytes - pending_, bytes.size());
    pending_ += static_cast<std::uint32_t>(at);
  }
  if (pending_ < kChunkMinBytes - 1) {
    const std::size_t untested =
        std::min<std::size_t>(kChunkMinBytes - 1 - pending_, bytes.size() - at);
    gear_ = absorb(gear_, bytes.subspan(at, untested));
    at += untested;
    pending_ += static_cast<std::uint32_t>(untested);
  }
  const std::size_t testable = std::min<std::size_t>(kChunkMaxBytes - pending_, bytes.size() - at);
  const std::size_t found = find_cut(bytes.subspan(at, testable), gear_);
  const bool matched = found < testable;
  at += matched ? found + 1 : testable;
  if (!matched) {
    pending_ += static_cast<std::uint32_t>(testable);
    if (pending_ < kChunkMaxBytes) return std::nullopt;
  }
  *this = Chunker{};
  return at;
}

std::vector<std::uint32_t> chunk_lengths(ByteView bytes) {
  std::vector<std::uint32_t> lengths;
  Chunker chunker;
  while (const auto end = chunker.next_end(bytes)) {
    lengths.push_back(static_cast<std::uint32_t>(*end));
    bytes = bytes.subspan(*end);
  }
  if (chunker.pending_bytes() > 0) lengths.push_back(chunker.pending_bytes());
  return lengths;
}

}  // namespace mhub::xet
