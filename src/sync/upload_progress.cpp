#include "upload_progress.hpp"

#include <algorithm>

namespace mhub::sync {
namespace {

class WatchedSource : public net::BodySource {
public:
  WatchedSource(std::unique_ptr<net::BodySource> from, std::uint64_t size_bytes,
                std::uint64_t raw_bytes, UploadProgress& progress)
      : from_(std::move(from)),
        size_bytes_(size_bytes),
        raw_bytes_(raw_bytes),
        progress_(progress) {}

  std::size_t read(std::span<std::byte> room) override {
    const std::size_t count = from_->read(room);
    read_bytes_ += count;
    const std::uint64_t shown =
        size_bytes_ == 0 ? 0 : raw_bytes_ * std::min(read_bytes_, size_bytes_) / size_bytes_;
    progress_.advance(shown - shown_bytes_);
    shown_bytes_ = shown;
    return count;
  }

private:
  std::unique_ptr<net::BodySource> from_;
  std::uint64_t size_bytes_;
  std::uint64_t raw_bytes_;
  UploadProgress& progress_;
  std::uint64_t read_bytes_ = 0;
  std::uint64_t shown_bytes_ = 0;
};

}  // namespace

void UploadProgress::advance(std::uint64_t bytes) {
  std::uint64_t left = left_;
  while (!left_.compare_exchange_weak(left, left - std::min(left, bytes))) {
  }
  progress_.advance(std::min(left, bytes));
}

net::Body watched(net::Body body, std::uint64_t raw_bytes, UploadProgress& progress) {
  const std::uint64_t size_bytes = body.size_bytes().value_or(0);
  return net::Body::stream(size_bytes, [body = std::move(body), size_bytes, raw_bytes, &progress] {
    return std::make_unique<WatchedSource>(body.open(), size_bytes, raw_bytes, progress);
  });
}

}  // namespace mhub::sync
