#pragma once
// How far an upload is, in bytes of the user's files: what travels is compressed, may be sent
// again, and stands for more than it is.

#include <atomic>
#include <cstdint>

#include <mhub/base/progress.hpp>
#include <mhub/net/http_message.hpp>

namespace mhub::sync {

/// The advance of files that are sent together: never more than their bytes, whatever is sent
/// twice, and all of them at the end. Threads may share it.
class UploadProgress {
public:
  UploadProgress(Progress& progress, std::uint64_t bytes) : progress_(progress), left_(bytes) {}
  void advance(std::uint64_t bytes);
  void finish() { advance(left_); }

private:
  Progress& progress_;
  std::atomic<std::uint64_t> left_;
};

/// `body`, of known size, whose bytes count as `raw_bytes` while they are read. `progress` must
/// outlive it.
net::Body watched(net::Body body, std::uint64_t raw_bytes, UploadProgress& progress);

}  // namespace mhub::sync
