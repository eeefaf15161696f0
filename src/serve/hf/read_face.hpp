#pragma once
// The hub's REST routes that read repositories, in the shapes of Hugging Face's API.

#include <vector>

#include <mhub/serve/server.hpp>

#include "router.hpp"

namespace mhub::serve {

/// All of the below.
std::vector<Route> hub_read_routes(const ServeLimits& limits);

std::vector<Route> info_routes();  ///< a repository at a revision; may the caller read it
std::vector<Route> tree_routes(const ServeLimits& limits);  ///< listings, and what lies at paths
std::vector<Route> resolve_routes();  ///< content: large files, and git's own blobs
std::vector<Route> history_routes();  ///< refs and commits
std::vector<Route> unasked_routes();  ///< what clients call without being asked to

}  // namespace mhub::serve
