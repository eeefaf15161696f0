// Shards: what is read can be written and read again.

#include <mhub/xet/shard.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::may_refuse([&] {
    xet::Shard shard = xet::parse_shard(fuzz::view(data, size));
    shard.footer.reset();
    const Bytes written = xet::make_upload_shard(shard);
    fuzz::require(xet::parse_shard(written) == shard, "a shard written is read as it was");
  });
  return 0;
}
