#include "hub_requests.hpp"

namespace mhub::remote {

net::Request json_request(std::string_view method, std::string url, std::string body) {
  net::Request request;
  request.method = method;
  request.url = std::move(url);
  request.headers.push_back({"Content-Type", "application/json", false});
  request.body = net::Body::of(std::move(body));
  return request;
}

std::optional<std::string> next_page(const net::Response& response, const net::Url& hub) {
  const std::string* link = response.header("Link");
  if (link == nullptr) return std::nullopt;
  std::string_view rest = *link;
  while (true) {
    const std::size_t open = rest.find('<');
    const std::size_t close = rest.find('>', open == rest.npos ? 0 : open);
    if (open == rest.npos || close == rest.npos) return std::nullopt;
    const std::string_view target = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
    const std::string_view parameters = rest.substr(0, rest.find('<'));
    if (parameters.find("rel=\"next\"") == parameters.npos) continue;
    const auto url = net::resolve_reference(hub, target);
    if (!url || !net::same_origin(*url, hub)) return std::nullopt;
    return url->str();
  }
}

}  // namespace mhub::remote
