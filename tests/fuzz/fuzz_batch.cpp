// Git LFS messages, both ends' parsers: what is read can be written and read again.

#include <mhub/wire/lfs.hpp>
#include <mhub/wire/xet_token.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json = fuzz::text(data, size);
  fuzz::may_refuse([&] {
    const wire::LfsBatchRequest request = wire::parse_lfs_batch_request(json);
    fuzz::require(request.objects.size() <= wire::kLfsBatchMaxObjects, "objects are bounded");
    fuzz::require(wire::parse_lfs_batch_request(wire::to_json(request)) == request,
                  "a batch request written is read as it was");
  });
  fuzz::may_refuse([&] {
    const wire::LfsBatchAnswer answer = wire::parse_lfs_batch_answer(json);
    fuzz::require(wire::parse_lfs_batch_answer(wire::to_json(answer)) == answer,
                  "a batch answer written is read as it was");
    for (const wire::LfsObjectAnswer& object : answer.objects) {
      if (object.upload) {
        for (const auto& [name, value] : object.upload->header) {
          fuzz::require(name.find_first_of("\r\n: ") == std::string::npos &&
                            value.find_first_of("\r\n") == std::string::npos,
                        "no header breaks out of its line");
        }
        fuzz::may_refuse([&] { wire::parse_xet_upload_action(*object.upload); });
      }
      if (object.download)
        fuzz::may_refuse([&] { wire::parse_xet_download_action(*object.download); });
    }
  });
  fuzz::may_refuse([&] {
    const wire::LfsObject object = wire::parse_lfs_verify(json);
    fuzz::require(wire::parse_lfs_verify(wire::to_json(object)) == object,
                  "a verify request written is read as it was");
  });
  return 0;
}
