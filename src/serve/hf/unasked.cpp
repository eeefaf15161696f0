// Calls that clients make by themselves. A quick good answer spares the user a wait, and the hub
// the same question for a day.

#include "hf/read_face.hpp"

namespace mhub::serve {

std::vector<Route> unasked_routes() {
  std::vector<Route> routes;
  const auto add = [&](Method method, const std::string& pattern, const std::string& body) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.access = Access::open;
    route.handle = [body](Call&) { return json_response(200, body); };
    routes.push_back(std::move(route));
  };
  add(Method::get, "/api/agent-harnesses", R"({"standardEnvVars":[],"harnesses":{}})");
  for (const Method method : {Method::get, Method::post}) {
    add(method, "/api/telemetry", "{}");
    add(method, "/api/telemetry/*", "{}");
  }
  return routes;
}

}  // namespace mhub::serve
