#include "pkt_line.hpp"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include <mhub/base/error.hpp>

namespace mhub::repo {

std::size_t PktReader::fill(std::span<std::byte> out) {
  std::size_t done = 0;
  if (ahead_ && !out.empty()) {
    out[done++] = *ahead_;
    ahead_.reset();
  }
  while (done < out.size()) {
    const ssize_t got = ::read(descriptor_, out.data() + done, out.size() - done);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw system_error(errno, "read from git");
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

bool PktReader::at_end() {
  if (ahead_) return false;
  std::byte next{};
  if (fill(std::span(&next, 1)) == 0) return true;
  ahead_ = next;
  return false;
}

std::optional<ByteView> PktReader::read() {
  constexpr std::size_t kHeadBytes = 4;
  const std::span<std::byte> head(buffer_.data(), kHeadBytes);
  if (fill(head) != kHeadBytes)
    throw Error(ErrorKind::corrupt, "git closed the connection in the middle of a request");
  std::array<std::byte, 2> big_endian{};
  if (!from_hex(as_text(head), std::span<std::byte>(big_endian)))
    throw Error(ErrorKind::corrupt, "git sent a packet without a valid length");
  const std::size_t size = std::to_integer<std::size_t>(big_endian[0]) * 256 +
                           std::to_integer<std::size_t>(big_endian[1]);
  if (size == 0) return std::nullopt;
  if (size < kHeadBytes || size - kHeadBytes > kPktDataLimitBytes)
    throw Error(ErrorKind::corrupt, "git sent a packet of an impossible length, {}", size);
  const std::span<std::byte> data(buffer_.data(), size - kHeadBytes);
  if (fill(data) != data.size())
    throw Error(ErrorKind::corrupt, "git closed the connection in the middle of a packet");
  return data;
}

std::vector<std::string> PktReader::read_list(std::size_t limit) {
  std::vector<std::string> lines;
  while (const auto data = read()) {
    if (lines.size() == limit)
      throw Error(ErrorKind::corrupt, "git sent more than {} lines in one list", limit);
    std::string line(as_text(*data));
    if (line.ends_with('\n')) line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

void PktWriter::put(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0) {
      if (errno == EINTR) continue;
      throw system_error(errno, "write to git");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

void PktWriter::write(ByteView data) {
  while (!data.empty()) {
    const ByteView part = data.first(std::min(data.size(), kPktDataLimitBytes));
    put(as_bytes(fmt::format("{:04x}", part.size() + 4)));
    put(part);
    data = data.subspan(part.size());
  }
}

void PktWriter::line(std::string_view text) {
  write(as_bytes(std::string(text) + "\n"));
}

void PktWriter::flush() {
  put(as_bytes("0000"));
}

void PktWriter::list(std::initializer_list<std::string_view> lines) {
  for (const std::string_view text : lines) line(text);
  flush();
}

}  // namespace mhub::repo
