#pragma once
// Liking repositories: POST and DELETE {repo}/like, GET {repo}/likers, GET /api/users/{user}/likes.

#include <vector>

#include "router.hpp"

namespace mhub::serve {

std::vector<Route> like_routes();

}  // namespace mhub::serve
