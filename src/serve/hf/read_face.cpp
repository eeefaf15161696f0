#include "hf/read_face.hpp"

namespace mhub::serve {

std::vector<Route> hub_read_routes(const ServeLimits& limits) {
  std::vector<Route> routes = unasked_routes();
  for (auto part : {info_routes(), tree_routes(limits), resolve_routes(), history_routes()})
    routes.insert(routes.end(), part.begin(), part.end());
  return routes;
}

}  // namespace mhub::serve
