#pragma once
// Git LFS: batch, basic transfer, verify. Protocol: docs/protocol/lfs.md.

#include <vector>

#include <mhub/serve/server.hpp>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> lfs_routes(const ServeLimits& limits);

}  // namespace mhub::serve
