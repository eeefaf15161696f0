#pragma once
// GET /api/{models,datasets,spaces}: repositories found by name, namespace and what their cards
// say, in several orders, page by page. And which tags there are to find them by.

#include <vector>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> listing_routes();

}  // namespace mhub::serve
