#pragma once

#include <array>
#include <cstdint>

namespace mhub::xet {

/// What each byte value adds to the Gear hash.
extern const std::array<std::uint64_t, 256> kGearTable;

}  // namespace mhub::xet
