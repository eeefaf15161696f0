#pragma once
// Discussions and pull requests over REST. Protocol: docs/protocol/hub-discussions.md.

#include <vector>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> discussion_routes();

}  // namespace mhub::serve
