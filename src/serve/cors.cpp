#include "cors.hpp"

namespace mhub::serve {
namespace {

/// A page that brings authority of its own: a token, or a signed address, both of which are refused
/// where they are wrong. What strangers may read on a hub within a firewall is not for every page
/// that somebody within it looks at.
bool has_authority(const Request& request) {
  if (!request.header("Authorization").empty()) return true;
  const bool may_be_signed = request.path.starts_with("/v1/xorb-data/") ||
                             request.path.find("/info/lfs/objects/") != std::string::npos;
  return may_be_signed && request.parameter("signature");
}

}  // namespace

bool is_preflight(const Request& request) {
  return request.method_text == "OPTIONS" &&
         !request.header("Access-Control-Request-Method").empty();
}

Response preflight_answer() {
  Response response;
  response.status = 204;
  response.with("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE");
  // The star leaves Authorization out.
  response.with("Access-Control-Allow-Headers", "Authorization, *");
  response.with("Access-Control-Max-Age", "86400");
  return response;
}

void allow_origin(const Request& request, Response& response) {
  if (request.header("Origin").empty()) return;
  if (!is_preflight(request) && !has_authority(request)) return;
  response.with("Access-Control-Allow-Origin", "*");
  response.with("Access-Control-Expose-Headers",
                "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Link, "
                "Location, RateLimit, Retry-After, X-Error-Code, X-Error-Message, X-Linked-Etag, "
                "X-Linked-Size, X-Repo-Commit, X-Request-Id, X-Total-Count, X-Xet-Access-Token, "
                "X-Xet-Cas-Url, X-Xet-Hash, X-Xet-Refresh-Route, X-Xet-Token-Expiration");
}

}  // namespace mhub::serve
