#pragma once
// POST /api/{type}/{repo}/commit/{rev}: a commit made over HTTP. Protocol:
// docs/protocol/hub-write.md.

#include <vector>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> commit_routes();

}  // namespace mhub::serve
