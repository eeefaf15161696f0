// Downloads of whole objects by the `basic` transfer, and going on where an earlier one stopped.

#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/remote/lfs_client.hpp>

namespace mhub::remote {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;

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

void LfsClient::resume_file(File& file, const wire::LfsObjectAnswer& answer, Sha256& digest,
                            bool& resumed) {
  std::uint64_t position = file.stat().size_bytes;
  if (position > answer.object.size_bytes) {
    file.truncate(0);
    position = 0;
  }
  Sha256Hasher hasher;
  Bytes block(kBlockBytes);
  for (std::uint64_t at = 0; at < position;) {
    hub_.stop().check();
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), position - at));
    const std::size_t count = file.read_at(std::span(block).first(wanted), at);
    if (count == 0) throw Error(ErrorKind::io, "a partial download became shorter");
    hasher.update(ByteView(block).first(count));
    at += count;
  }
  resumed = position > 0;
  if (position < answer.object.size_bytes) {
    download(
        answer, position,
        [&](std::uint64_t offset) {
          if (offset == position) return;
          file.truncate(0);
          hasher.finish();  // starts anew
          position = 0;
          resumed = false;
        },
        [&](ByteView bytes) {
          file.write_at(bytes, position);
          hasher.update(bytes);
          position += bytes.size();
        });
  }
  digest = hasher.finish();
}

void LfsClient::download_to_file(FileSystem& fs, const wire::LfsObjectAnswer& answer,
                                 const std::filesystem::path& partial) {
  const auto file = fs.open_write(partial, 0644);
  Sha256 digest;
  bool resumed = false;
  resume_file(*file, answer, digest, resumed);
  if (digest == answer.object.oid) return;
  if (resumed) {
    file->truncate(0);
    resume_file(*file, answer, digest, resumed);
    if (digest == answer.object.oid) return;
  }
  fs.remove(partial);
  throw Error(ErrorKind::corrupt, "object {}: what the server sent has the SHA-256 {}",
              answer.object.oid.hex(), digest.hex());
}

}  // namespace mhub::remote
