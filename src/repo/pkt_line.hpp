#pragma once
// pkt-lines on file descriptors; private to src/repo.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/bytes.hpp>

namespace mhub::repo {

inline constexpr std::size_t kPktDataLimitBytes = 65516;

/// Four hexadecimal digits of length, which they are part of, then data; "0000" is a flush packet.
class PktReader {
public:
  explicit PktReader(int descriptor) : descriptor_(descriptor) {}

  /// The next packet's data, valid until the next call; nothing for a flush packet. Throws Error:
  /// corrupt for a malformed length or an end inside a packet, io.
  std::optional<ByteView> read();
  /// True if the peer has closed its end and no packet is left.
  bool at_end();
  /// Lines up to a flush packet, without their LF. At most `limit`. Throws Error: corrupt.
  std::vector<std::string> read_list(std::size_t limit = 64);

private:
  std::size_t fill(std::span<std::byte> out);
  int descriptor_;
  std::optional<std::byte> ahead_;  ///< read by at_end()
  std::array<std::byte, kPktDataLimitBytes + 4> buffer_;
};

class PktWriter {
public:
  explicit PktWriter(int descriptor) : descriptor_(descriptor) {}

  /// `data` in as many packets as it takes. Throws Error: io.
  void write(ByteView data);
  void line(std::string_view text);  ///< adds the LF
  void flush();
  void list(std::initializer_list<std::string_view> lines);

private:
  void put(ByteView bytes);
  int descriptor_;
};

}  // namespace mhub::repo
