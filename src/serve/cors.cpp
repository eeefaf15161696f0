#include "cors.hpp"

#include <mhub/base/sha256.hpp>
#include <mhub/wire/repo_name.hpp>

#include "auth.hpp"

namespace mhub::serve {
namespace {

/// Malformed credentials count: they are refused. Empty ones are nobody's.
bool has_token(const Request& request) {
  try {
    const auto token = presented_token(request);
    return token && !token->empty();
  } catch (const Refused&) {
    return true;
  }
}

/// True for paths whose signature is checked: nothing else there is answered to a request with one.
bool is_signed_path(std::string_view path) {
  constexpr std::string_view kObjects = "/info/lfs/objects/";
  if (path.starts_with("/v1/xorb-data/")) return true;
  const auto at = path.find(kObjects);
  if (at == std::string_view::npos || at == 0) return false;
  const std::string_view object = path.substr(at + kObjects.size());
  return wire::parse_repo_path(path.substr(1, at - 1)) &&
         Sha256::parse(object.substr(0, object.find('/')));
}

/// A page that brings authority of its own: a token, or a signed address, both of which are refused
/// where they are wrong. What strangers may read on a hub within a firewall is not for every page
/// that somebody within it looks at.
bool has_authority(const Request& request) {
  return has_token(request) || (is_signed_path(request.path) && request.parameter("signature"));
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
