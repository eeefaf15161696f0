#pragma once
// POST /api/{type}/{repo}/commit/{rev}: a commit made over HTTP. Protocol:
// docs/protocol/hub-write.md.

#include <vector>

#include <mhub/serve/server.hpp>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> commit_routes(const ServeLimits& limits);

}  // namespace mhub::serve
