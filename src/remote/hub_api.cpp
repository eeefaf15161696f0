#include <optional>
#include <set>

#include <mhub/base/error.hpp>
#include <mhub/remote/hub_api.hpp>

namespace mhub::remote {
namespace {

constexpr std::size_t kMaxPages = 10000;

/// The next page that a Link header names (RFC 8288), if it is on the hub itself: credentials go
/// along.
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

}  // namespace

HubApi::HubApi(HubConnection& hub, std::string hub_url) : hub_(hub), hub_url_(std::move(hub_url)) {
  const net::Url url = net::require_url(hub_url_);
  hub_.credentials().add_from_url(url, url.user, url.password);
  hub_url_ = url.str();
  while (hub_url_.ends_with('/')) hub_url_.pop_back();
}

net::Response HubApi::get(std::string_view path, std::string_view doing,
                          std::uint64_t max_body_bytes) {
  net::Request request;
  request.url = hub_url_ + std::string(path);
  request.max_body_bytes = max_body_bytes;
  net::Response response = hub_.send(std::move(request), AuthStyle::bearer);
  require_ok(response, doing);
  return response;
}

net::Response HubApi::try_json(std::string_view method, std::string_view path, std::string body,
                               net::Retry retry) {
  net::Request request;
  request.method = method;
  request.url = hub_url_ + std::string(path);
  request.headers.push_back({"Content-Type", "application/json", false});
  request.body = net::Body::of(std::move(body));
  request.retry = retry;
  request.max_body_bytes = wire::kTreeMaxBodyBytes;
  return hub_.send(std::move(request), AuthStyle::bearer);
}

net::Response HubApi::send_json(std::string_view method, std::string_view path, std::string body,
                                std::string_view doing, net::Retry retry) {
  net::Response response = try_json(method, path, std::move(body), retry);
  require_ok(response, doing);
  return response;
}

void HubApi::for_each_page(std::string_view path, std::string_view doing,
                           const std::function<bool(const net::Response&)>& use) {
  const net::Url hub = net::require_url(hub_url_);
  std::string url = hub_url_ + std::string(path);
  std::set<std::string> asked;
  while (asked.size() < kMaxPages && asked.insert(url).second) {
    net::Request request;
    request.url = url;
    request.max_body_bytes = wire::kTreeMaxBodyBytes;
    const net::Response response = hub_.send(std::move(request), AuthStyle::bearer);
    require_ok(response, doing);
    if (!use(response)) return;
    auto next = next_page(response, hub);
    if (!next) return;
    url = std::move(*next);
  }
  throw Error(ErrorKind::corrupt, "{} gives a list without end", hub.host_and_port());
}

wire::WhoAmI HubApi::whoami() {
  return wire::parse_whoami(get("/api/whoami-v2", "ask the hub who you are").body);
}

std::string HubApi::read_token_url(const wire::RepoName& repo, std::string_view revision) const {
  return hub_url_ + repo.api_path() + "/xet-read-token/" + net::escape(revision);
}

}  // namespace mhub::remote
