#pragma once
// The Xet CAS. Protocol: docs/protocol/cas.md.

#include <vector>

#include <mhub/serve/server.hpp>
#include <mhub/xet/hash.hpp>

#include "http/ranged.hpp"
#include "router.hpp"

namespace mhub::serve {

std::vector<Route> cas_routes(const ServeLimits& limits);

// What the parts below offer to cas_routes().
std::vector<Route> xorb_routes();
std::vector<Route> reconstruction_routes(const ServeLimits& limits);
std::vector<Route> dedup_routes();
std::vector<Route> shard_routes();

/// The word of a path as a hash of that kind. Throws Refused 400 unless it is 64 lower-case
/// hexadecimal digits.
template <class Hash>
Hash require_hash(const std::string& word) {
  const auto hash = Hash::parse(word);
  if (!hash || hash->text() != word)
    throw Refused(400, "a hash is 64 lower-case hexadecimal digits");
  return *hash;
}

/// Throws Refused 404 unless `prefix` is the one namespace that clients use, by either of its
/// names.
void require_prefix(const std::string& prefix);

}  // namespace mhub::serve
