#include "pack_head.hpp"

#include <algorithm>
#include <string_view>

#include <mhub/base/error.hpp>

#include "pkt_line.hpp"

namespace mhub::remote {

void PackHead::look_at(ByteView bytes) {
  for (std::size_t i = 0; i < bytes.size() && at_ != At::done; ++i) {
    // What is passed over is so by the line: an answer may begin with many.
    if (at_ == At::skipped) {
      const std::uint64_t step = std::min<std::uint64_t>(left_bytes_, bytes.size() - i);
      left_bytes_ -= step;
      i += static_cast<std::size_t>(step) - 1;
      if (left_bytes_ == 0) at_ = At::length;
      continue;
    }
    take(static_cast<std::uint8_t>(bytes[i]));
  }
}

void PackHead::take(std::uint8_t byte) {
  if (at_ == At::length) {
    length_[length_size_++] = static_cast<char>(byte);
    if (length_size_ == length_.size()) take_length();
    return;
  }
  if (at_ == At::plain_pack) {
    take_pack(byte);
    return;
  }
  --left_bytes_;
  if (at_ == At::kind)
    at_ = byte == 1 ? At::pack : At::skipped;
  else
    take_pack(byte);
  if (left_bytes_ == 0 && at_ != At::done) at_ = At::length;
}

void PackHead::take_length() {
  length_size_ = 0;
  const std::string_view text(length_.data(), length_.size());
  if (text == "PACK") {
    at_ = At::plain_pack;
    for (const char c : text) take_pack(static_cast<std::uint8_t>(c));
    return;
  }
  const std::size_t length = packet_length(text);
  if (length <= 4) return;  // a flush, or an empty line
  left_bytes_ = length - 4;
  at_ = At::kind;
}

void PackHead::take_pack(std::uint8_t byte) {
  head_[head_size_++] = byte;
  if (head_size_ < head_.size()) return;
  at_ = At::done;
  std::uint32_t count = 0;
  for (std::size_t i = 8; i < head_.size(); ++i) count = count << 8 | head_[i];
  if (count > kPackMaxObjects) {
    throw Error(ErrorKind::corrupt, "the hub announces a pack of {} objects; at most {} are taken",
                count, kPackMaxObjects);
  }
}

}  // namespace mhub::remote
