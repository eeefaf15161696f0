#pragma once
// Constants of the shard's layout that reader and writer share.

#include <array>
#include <cstdint>

#include <mhub/xet/shard.hpp>

namespace mhub::xet {

inline constexpr std::size_t kShardRecordBytes = 48;
inline constexpr std::size_t kShardFooterBytes = 200;
inline constexpr std::uint64_t kShardVersion = 2;
inline constexpr std::uint64_t kShardFooterVersion = 1;

inline constexpr std::array<std::uint8_t, 32> kShardTag = {
    'H',  'F',  'R',  'e',  'p',  'o',  'M',  'e',  't',  'a',  'D',  'a',  't',  'a',  0,    0x55,
    0x69, 0x67, 0x45, 0x6a, 0x7b, 0x81, 0x57, 0x83, 0xa5, 0xbd, 0xd9, 0x5c, 0xcd, 0xd1, 0x4a, 0xa9};

inline constexpr std::uint32_t kFileHasRangeHashes = std::uint32_t{1} << 31;
inline constexpr std::uint32_t kFileHasSha256 = std::uint32_t{1} << 30;

/// The digest as a shard holds it: bytes reversed within each group of eight. Its own inverse.
inline std::array<std::byte, 32> swap_groups(const std::array<std::byte, 32>& digest) {
  std::array<std::byte, 32> swapped;
  for (std::size_t i = 0; i < swapped.size(); ++i) swapped[i] = digest[i ^ 7];
  return swapped;
}

}  // namespace mhub::xet
