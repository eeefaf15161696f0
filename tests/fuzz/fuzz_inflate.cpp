// Gzip bodies of git clients: bounded, and the same in pieces. First byte: size of the pieces.

#include <algorithm>
#include <optional>

#include "../../src/serve/git/inflate.hpp"
#include "fuzz.hpp"

using namespace mhub;

namespace {

constexpr std::size_t kLimitBytes = 1 << 18;

/// Nothing if the stream is refused.
std::optional<Bytes> inflated(ByteView bytes, std::size_t piece) {
  Bytes out;
  try {
    serve::Inflater inflater(kLimitBytes);
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      inflater.inflate(bytes.subspan(at, std::min(piece, bytes.size() - at)), out);
    inflater.finish();
  } catch (const Error&) {
    fuzz::require(out.size() <= kLimitBytes, "a refused stream fills no memory");
    return std::nullopt;
  }
  fuzz::require(out.size() <= kLimitBytes, "output is bounded");
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ByteView bytes = fuzz::view(data + 1, size - 1);
  const auto whole = inflated(bytes, bytes.size());
  fuzz::require(inflated(bytes, 1 + data[0]) == whole, "pieces make no difference");
  return 0;
}
