#pragma once
// Large files that one repository has and another gets too: what is copied is the right to them.

#include <cstdint>
#include <span>
#include <vector>

#include <mhub/base/sha256.hpp>
#include <mhub/serve/server.hpp>

#include "router.hpp"

namespace mhub::serve {

/// Lists the files, none of them empty, for the repository `to` as well, with the right to their
/// chunks. The caller may read them. Returns those that the store has lost.
std::vector<Sha256> list_files_for(Hub& hub, std::span<const Sha256> files, std::int64_t to);

std::vector<Route> file_copy_routes(const ServeLimits& limits);

}  // namespace mhub::serve
