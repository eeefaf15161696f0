#pragma once
// The Xet CAS. Protocol: docs/protocol/cas.md.

#include <vector>

#include <mhub/serve/server.hpp>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> cas_routes(const ServeLimits& limits);

}  // namespace mhub::serve
