// Git LFS pointers: there is one way to write each, and only that one is read.

#include <mhub/wire/lfs_pointer.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::optional<wire::LfsPointer> pointer = wire::parse_lfs_pointer(fuzz::view(data, size));
  if (pointer) {
    const std::string written = wire::to_text(*pointer);
    const std::optional<wire::LfsPointer> again =
        wire::parse_lfs_pointer(std::as_bytes(std::span(written)));
    fuzz::require(again == pointer, "a pointer written is read as it was");
  }
  return 0;
}
