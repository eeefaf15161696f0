#pragma once
// Settings of a repository, its name, and copies of it.

#include <vector>

#include <mhub/serve/server.hpp>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> repo_edit_routes(const ServeLimits& limits);

}  // namespace mhub::serve
