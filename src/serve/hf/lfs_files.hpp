#pragma once
// Large files that a repository holds: GET {repo}/lfs-files lists them, POST {repo}/lfs-files/batch
// takes some away for good.

#include <vector>

#include <mhub/serve/server.hpp>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> lfs_file_routes(const ServeLimits& limits);

}  // namespace mhub::serve
