// What a git server reports of a push, in its packets.

#include "../../src/remote/receive_pack.hpp"
#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::may_refuse([&] { remote::parse_push_report(fuzz::text(data, size)); });
  return 0;
}
