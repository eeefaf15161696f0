#include <algorithm>
#include <set>

#include <mhub/base/error.hpp>
#include <mhub/remote/hub_api.hpp>

#include "hub_requests.hpp"

namespace mhub::remote {
namespace {

constexpr std::size_t kMaxPages = 100;

}  // namespace

HubApi::HubApi(HubConnection& hub, std::string hub_url) : hub_(hub), hub_url_(std::move(hub_url)) {
  const net::Url url = net::require_url(hub_url_);
  hub_.credentials().add_from_url(url, url.user, url.password);
  hub_url_ = url.str();
  while (hub_url_.ends_with('/')) hub_url_.pop_back();
}

net::Response HubApi::send(net::Request request, std::string_view doing) {
  request.max_body_bytes = wire::kTreeMaxBodyBytes;
  net::Response response = hub_.send(std::move(request), AuthStyle::bearer);
  require_ok(response, doing);
  return response;
}

wire::WhoAmI HubApi::whoami() {
  net::Request request;
  request.url = hub_url_ + "/api/whoami-v2";
  return wire::parse_whoami(send(std::move(request), "ask the hub who you are").body);
}

wire::CreateRepoAnswer HubApi::create_repo(const wire::CreateRepoRequest& request) {
  const net::Response response =
      send(json_request("POST", hub_url_ + "/api/repos/create", to_json(request)),
           fmt::format("create the repository {}", printable(request.name)));
  return wire::parse_create_repo_answer(response.body);
}

void HubApi::delete_repo(const wire::DeleteRepoRequest& request) {
  send(json_request("DELETE", hub_url_ + "/api/repos/delete", to_json(request)),
       fmt::format("delete the repository {}", printable(request.name)));
}

std::vector<wire::RepoListItem> HubApi::list_repos(wire::RepoType type, std::string_view owner,
                                                   std::size_t limit) {
  const net::Url hub = net::require_url(hub_url_);
  std::string url = fmt::format("{}/api/{}", hub_url_, wire::api_plural(type));
  if (!owner.empty()) url += "?" + net::build_query({{"author", owner}});
  std::vector<wire::RepoListItem> items;
  for (std::size_t page = 0; page < kMaxPages; ++page) {
    net::Request request;
    request.url = url;
    const net::Response response = send(std::move(request), "list repositories");
    for (wire::RepoListItem& item : wire::parse_repo_list(response.body)) {
      if (items.size() == limit) return items;
      items.push_back(std::move(item));
    }
    auto next = next_page(response, hub);
    if (!next) return items;
    url = std::move(*next);
  }
  return items;
}

std::string HubApi::read_token_url(const wire::RepoName& repo, std::string_view revision) const {
  return hub_url_ + repo.api_path() + "/xet-read-token/" + net::escape(revision);
}

std::string HubApi::write_token_url(const wire::RepoName& repo, std::string_view revision) const {
  return hub_url_ + repo.api_path() + "/xet-write-token/" + net::escape(revision);
}

std::map<std::string, xet::FileHash> resolve_xet_hashes(HubApi& api, const wire::RepoName& repo,
                                                        std::string_view revision,
                                                        std::span<const std::string> paths) {
  std::map<std::string, xet::FileHash> hashes;
  const std::string url = api.hub_url_ + repo.api_path() + "/paths-info/" + net::escape(revision);
  while (!paths.empty()) {
    const auto part = paths.first(std::min(paths.size(), wire::kPathsInfoMaxPaths));
    paths = paths.subspan(part.size());
    net::Request request = json_request("POST", url, wire::paths_info_request_json(part));
    request.retry = net::Retry::always;
    request.max_body_bytes = wire::kTreeMaxBodyBytes;
    const net::Response response = api.hub_.send(std::move(request), AuthStyle::bearer);
    const int status = response.status;
    if (status == 404 || status == 405 || status == 501) return {};
    require_ok(response, "ask which files the hub keeps in chunks");
    const std::set<std::string_view> asked(part.begin(), part.end());
    for (const wire::TreeEntry& entry : wire::parse_tree(response.body)) {
      if (entry.xet_hash && asked.contains(entry.path)) hashes.emplace(entry.path, *entry.xet_hash);
    }
  }
  return hashes;
}

}  // namespace mhub::remote
