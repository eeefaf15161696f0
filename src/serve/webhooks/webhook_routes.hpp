#pragma once
// Webhooks of the caller: GET, POST /api/settings/webhooks, GET, POST, DELETE …/{id},
// POST …/{id}/enable and …/disable.

#include <vector>

#include <mhub/serve/server.hpp>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> webhook_routes(const ServeLimits& limits);

}  // namespace mhub::serve
