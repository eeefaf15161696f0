#pragma once
// The answer to a download whose size is known, from some byte on.

#include <functional>
#include <string>

#include <mhub/base/error.hpp>
#include <mhub/net/http_client.hpp>

namespace mhub::remote {

/// Passes on exactly the bytes [from, size) or [0, size).
class ExactBody {
public:
  /// `what` begins messages. The functions must outlive this.
  ExactBody(std::string what, std::uint64_t size_bytes, std::uint64_t from,
            const std::function<void(std::uint64_t)>& on_start,
            const net::HttpClient::OnData& on_data)
      : what_(std::move(what)),
        size_bytes_(size_bytes),
        from_(from),
        on_start_(on_start),
        on_data_(on_data) {}

  void head(const net::Response& response) {
    const std::uint64_t offset = response.status == 206 ? response.range_first.value_or(0) : 0;
    if (offset != 0 && offset != from_) {
      throw Error(ErrorKind::corrupt, "{}: asked for bytes from {}, got them from {}", what_, from_,
                  offset);
    }
    left_bytes_ = size_bytes_ - offset;
    started_ = true;
    on_start_(offset);
  }

  void data(ByteView bytes) {
    if (bytes.size() > left_bytes_) {
      throw Error(ErrorKind::corrupt, "{}: the server sends more than its {} bytes", what_,
                  size_bytes_);
    }
    left_bytes_ -= bytes.size();
    on_data_(bytes);
  }

  void check_end() const {
    if (started_ && left_bytes_ == 0) return;
    throw Error(ErrorKind::network, "{}: the server sent {} bytes too few", what_,
                started_ ? left_bytes_ : size_bytes_);
  }

private:
  std::string what_;
  std::uint64_t size_bytes_;
  std::uint64_t from_;
  const std::function<void(std::uint64_t)>& on_start_;
  const net::HttpClient::OnData& on_data_;
  std::uint64_t left_bytes_ = 0;
  bool started_ = false;
};

}  // namespace mhub::remote
