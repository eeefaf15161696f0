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

namespace {
class NoBody : public BodyStream {
public:
  Result read(std::span<std::byte>, const Wake&) override { return {Status::failed, 0}; }
};
}  // namespace

void describe_length(Response& response, std::uint64_t size_bytes) {
  response.stream_bytes = size_bytes;
  response.body = std::make_unique<NoBody>();
}

void require_prefix(const std::string& prefix) {
  if (prefix != "default" && prefix != "default-merkledb")
    throw Refused(404, "there is no namespace of that name");
}

}  // namespace mhub::serve
