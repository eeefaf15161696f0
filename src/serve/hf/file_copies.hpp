#pragma once
// Large files that one repository has and another gets too: what is copied is the right to them.

#include <vector>

#include <mhub/serve/server.hpp>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> file_copy_routes(const ServeLimits& limits);

}  // namespace mhub::serve
