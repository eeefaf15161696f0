#pragma once
// POST /api/{type}/{repo}/preupload/{rev}: how each file of an upload is to be sent.

#include <vector>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> preupload_routes();

}  // namespace mhub::serve
