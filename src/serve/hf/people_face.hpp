#pragma once
// Routes about people: overviews of users and organisations, and access to gated repositories.

#include <vector>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> overview_routes();
std::vector<Route> access_request_routes();

}  // namespace mhub::serve
