// Gear chunking.
//
// The hash takes one shift and one add a byte, and a 64-bit hash shifted by one has forgotten a
// byte after 64 of them. A cut is looked for only once a chunk has 8192 bytes, so nothing that
// happened before the 64 bytes that end there can matter: the scan of a chunk starts 64 bytes
// before its first testable end, and that is exact.

#include <algorithm>

#include <mhub/xet/chunker.hpp>

#include "gear_table.hpp"

namespace mhub::xet {

namespace {

// A cut needs the top 16 bits to be zero.
constexpr std::uint64_t kNoCut = std::uint64_t{1} << 48;

// Bytes at the start of a chunk that no test can see.
constexpr std::uint32_t kUnseenBytes = kChunkMinBytes - kGearWindowBytes;

/// A value the compiler must have in a register at this point. Without it, it folds the additions
/// below back into one long chain.
inline void settle([[maybe_unused]] std::uint64_t& value) {
#if defined(__GNUC__)
  asm("" : "+r"(value));
#endif
}

inline std::uint64_t addend_of(std::byte value) {
  std::uint64_t addend = kGearTable[std::to_integer<std::size_t>(value)];
  settle(addend);
  return addend;
}

std::uint64_t absorb(std::uint64_t gear, ByteView bytes) {
  for (const std::byte value : bytes) gear = gear * 2 + addend_of(value);
  return gear;
}

/// Takes four bytes into `gear`, up to the first after which a cut is allowed; returns that one's
/// index, or 4.
///
/// What the bytes add is summed up beside the hash, so that the chain from one hash to the next is
/// one shift and one addition for four bytes. Where a shifted addition takes two cycles this is
/// twice as fast as a step a byte.
inline std::size_t take_four(const std::byte* at, std::uint64_t& gear) {
  const std::uint64_t a = addend_of(at[0]);
  const std::uint64_t b = addend_of(at[1]);
  const std::uint64_t c = addend_of(at[2]);
  const std::uint64_t d = addend_of(at[3]);
  std::uint64_t ab = a * 2 + b;
  settle(ab);
  std::uint64_t cd = c * 2 + d;
  settle(cd);
  std::uint64_t abcd = ab * 4 + cd;
  settle(abcd);
  const std::uint64_t before = gear;
  gear = before * 2 + a;
  if (gear < kNoCut) [[unlikely]]
    return 0;
  std::uint64_t second = before * 4 + ab;
  settle(second);
  gear = second;
  if (gear < kNoCut) [[unlikely]]
    return 1;
  gear = second * 2 + c;
  if (gear < kNoCut) [[unlikely]]
    return 2;
  gear = before * 16 + abcd;
  settle(gear);
  return gear < kNoCut ? 3 : 4;
}

/// Index of the first byte after which the hash allows a cut, or bytes.size(). `gear_in_out` is
/// the hash after the last byte looked at.
std::size_t find_cut(ByteView bytes, std::uint64_t& gear_in_out) {
  const std::byte* const data = bytes.data();
  const std::size_t size = bytes.size();
  std::uint64_t gear = gear_in_out;
  std::size_t i = 0;
  std::size_t step = 4;
  while (step == 4 && i + 8 <= size) {
    step = take_four(data + i, gear);
    i += step;
    if (step != 4) [[unlikely]]
      break;
    step = take_four(data + i, gear);
    i += step;
  }
  if (step == 4) {
    for (; i < size; ++i) {
      gear = gear * 2 + addend_of(data[i]);
      if (gear < kNoCut) break;
    }
  }
  gear_in_out = gear;
  return i;
}

}  // namespace

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
