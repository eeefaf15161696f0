#pragma once

#include <vector>

#include <mhub/serve/server.hpp>

#include "router.hpp"

namespace mhub::serve {

/// Every route of the hub, in the order in which they are tried.
std::vector<Route> all_routes(const ServeLimits& limits);

}  // namespace mhub::serve
