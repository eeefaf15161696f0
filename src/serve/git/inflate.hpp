#pragma once

#include <cstdint>
#include <memory>

#include <mhub/base/bytes.hpp>

namespace mhub::serve {

/// Inflates a gzip stream piece by piece, with a bound on what comes out.
class Inflater {
public:
  explicit Inflater(std::uint64_t limit_bytes);
  ~Inflater();
  /// Appends what `bytes` inflate to. At most about 1000 times their size, so give small pieces.
  /// Throws Refused 413 over the limit, 400 for what is not gzip.
  void inflate(ByteView bytes, Bytes& out);
  /// Throws Refused 400 if the stream is cut short.
  void finish() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mhub::serve
