#pragma once
// Making and removing branches and tags, and squashing a branch's history, over HTTP.

#include <vector>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> ref_edit_routes();

}  // namespace mhub::serve
