// Downloads of whole objects, or of what an earlier try left of them, by the `basic` transfer.

#include <mhub/base/error.hpp>
#include <mhub/remote/lfs_client.hpp>

#include "exact_body.hpp"

namespace mhub::remote {
namespace {

net::Request download_request(const wire::LfsObjectAnswer& answer, std::uint64_t from) {
  net::Request request;
  request.url = answer.download->href;
  for (const auto& [name, value] : answer.download->header) {
    request.headers.push_back({name, value, true});
  }
  if (from > 0) request.range = net::ByteRange{from, answer.object.size_bytes - 1};
  request.max_body_bytes = answer.object.size_bytes;
  return request;
}

}  // namespace

void LfsClient::download(const wire::LfsObjectAnswer& answer, std::uint64_t from,
                         const std::function<void(std::uint64_t offset)>& on_start,
                         const net::HttpClient::OnData& on_data) {
  if (answer.error) throw object_error(answer);
  if (!answer.download) {
    throw Error(ErrorKind::not_found, "the hub offers no download of object {}",
                answer.object.oid.hex());
  }
  MHUB_ASSERT(from < answer.object.size_bytes);
  wire::LfsObjectAnswer current = answer;
  for (bool renewed_once = false;;) {
    ExactBody body("object " + current.object.oid.hex(), current.object.size_bytes, from, on_start,
                   on_data);
    const auto head = [&](const net::Response& response) { body.head(response); };
    const auto data = [&](ByteView bytes) { body.data(bytes); };
    net::Request request = download_request(current, from);
    net::Response response;
    if (may_carry_credentials(current, *current.download)) {
      response = hub_.stream(std::move(request), AuthStyle::basic, data, head);
    } else {
      request.stop = &hub_.stop();
      request.progress = &hub_.progress();
      response = hub_.http().stream(request, data, head);
    }
    if (response.ok()) {
      body.check_end();
      return;
    }
    if (response.status == 416 && from > 0) {
      from = 0;
      continue;
    }
    const bool expired = response.status == 401 || response.status == 403;
    if (!expired || renewed_once) {
      require_ok(response, fmt::format("download object {}", current.object.oid.hex()));
    }
    renewed_once = true;
    current = renewed(wire::LfsOperation::download, current.object);
    if (!current.download) {
      throw Error(ErrorKind::not_found, "the hub offers no download of object {} any more",
                  current.object.oid.hex());
    }
  }
}

}  // namespace mhub::remote
