#pragma once
// SHA-1 (FIPS 180-4), for git's object ids and nothing else: it is no proof against forgery.

#include <array>
#include <memory>

#include <mhub/base/bytes.hpp>

namespace mhub {

/// A SHA-1 digest, natural byte order.
using Sha1 = std::array<std::byte, 20>;

/// Incremental SHA-1. One thread at a time.
class Sha1Hasher {
public:
  Sha1Hasher();
  ~Sha1Hasher();
  Sha1Hasher(Sha1Hasher&&) noexcept;
  Sha1Hasher& operator=(Sha1Hasher&&) noexcept;

  void update(ByteView bytes);
  /// The digest of all that was given; the hasher starts anew afterwards.
  Sha1 finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mhub
