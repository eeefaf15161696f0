// Downloads of whole objects, or of what an earlier try left of them, by the `basic` transfer.

#include <mhub/base/error.hpp>
#include <mhub/remote/lfs_client.hpp>

namespace mhub::remote {
namespace {

/// Passes on exactly the bytes [from, size) or [0, size).
class ExactBody {
public:
  ExactBody(const wire::LfsObject& object, std::uint64_t from,
            const std::function<void(std::uint64_t)>& on_start,
            const net::HttpClient::OnData& on_data)
      : object_(object), from_(from), on_start_(on_start), on_data_(on_data) {}

  void head(const net::Response& response) {
    const std::uint64_t offset = response.status == 206 ? response.range_first.value_or(0) : 0;
    if (offset != 0 && offset != from_) {
      throw Error(ErrorKind::corrupt, "object {}: asked for bytes from {}, got them from {}",
                  object_.oid.hex(), from_, offset);
    }
    left_bytes_ = object_.size_bytes - offset;
    started_ = true;
    on_start_(offset);
  }

  void data(ByteView bytes) {
    if (bytes.size() > left_bytes_) {
      throw Error(ErrorKind::corrupt, "object {}: the server sends more than its {} bytes",
                  object_.oid.hex(), object_.size_bytes);
    }
    left_bytes_ -= bytes.size();
    on_data_(bytes);
  }

  void check_end() const {
    if (started_ && left_bytes_ == 0) return;
    throw Error(ErrorKind::network, "object {}: the server sent {} bytes too few",
                object_.oid.hex(), started_ ? left_bytes_ : object_.size_bytes);
  }

private:
  const wire::LfsObject& object_;
  std::uint64_t from_;
  const std::function<void(std::uint64_t)>& on_start_;
  const net::HttpClient::OnData& on_data_;
  std::uint64_t left_bytes_ = 0;
  bool started_ = false;
};

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
    ExactBody body(current.object, from, on_start, on_data);
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
