#include "cas/cas_face.hpp"

namespace mhub::serve {

std::vector<Route> cas_routes(const ServeLimits& limits) {
  std::vector<Route> routes;
  for (auto part : {xorb_routes(), reconstruction_routes(limits), dedup_routes(), shard_routes()}) {
    for (Route& route : part) {
      route.face = Face::cas;
      routes.push_back(std::move(route));
    }
  }
  return routes;
}

void require_prefix(const std::string& prefix) {
  if (prefix != "default" && prefix != "default-merkledb")
    throw Refused(404, "there is no namespace of that name");
}

}  // namespace mhub::serve
