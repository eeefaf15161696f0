#include "cas/cas_face.hpp"

namespace mhub::serve {

std::vector<Route> cas_routes(const ServeLimits&) {
  return {};
}

}  // namespace mhub::serve
