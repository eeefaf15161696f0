#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/remote/hub_repos.hpp>

namespace mhub::remote {

wire::CreateRepoAnswer create_repo(HubApi& api, const wire::CreateRepoRequest& request) {
  return wire::parse_create_repo_answer(
      api.send_json("POST", "/api/repos/create", to_json(request),
                    fmt::format("create the repository {}", printable(request.name)))
          .body);
}

void delete_repo(HubApi& api, const wire::DeleteRepoRequest& request) {
  api.send_json("DELETE", "/api/repos/delete", to_json(request),
                fmt::format("delete the repository {}", printable(request.name)));
}

wire::RepoDescription repo_info(HubApi& api, const wire::RepoName& repo,
                                std::string_view revision) {
  std::string path = repo.api_path();
  if (!revision.empty()) path += "/revision/" + net::escape(revision);
  const net::Response response = api.get(
      path + "?blobs=true", fmt::format("describe {}", repo.path()), wire::kInfoMaxBodyBytes);
  return wire::parse_repo_description(response.body, repo.type);
}

void move_repo(HubApi& api, const wire::RepoName& repo, std::string_view to) {
  const wire::MoveRepoRequest request{repo.type, repo.id(), std::string(to)};
  api.send_json("POST", "/api/repos/move", to_json(request),
                fmt::format("move {} to {}", repo.path(), printable(to)));
}

void change_repo_settings(HubApi& api, const wire::RepoName& repo,
                          const wire::RepoSettingsRequest& request) {
  api.send_json("PUT", repo.api_path() + "/settings", to_json(request),
                fmt::format("change the settings of {}", repo.path()));
}

wire::CreateRepoAnswer duplicate_repo(HubApi& api, const wire::RepoName& repo,
                                      const wire::DuplicateRepoRequest& request) {
  return wire::parse_create_repo_answer(
      api.send_json("POST", repo.api_path() + "/duplicate", to_json(request),
                    fmt::format("copy {} to {}", repo.path(), printable(request.to)))
          .body);
}

std::vector<wire::RepoListItem> list_repos(HubApi& api, wire::RepoType type,
                                           const RepoQuery& query) {
  constexpr std::size_t kPageItems = 1000;
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  if (!query.search.empty()) parameters.emplace_back("search", query.search);
  if (!query.author.empty()) parameters.emplace_back("author", query.author);
  for (const std::string& filter : query.filters) parameters.emplace_back("filter", filter);
  if (!query.sort.empty()) parameters.emplace_back("sort", query.sort);
  const std::string limit = std::to_string(std::min(query.limit, kPageItems));
  parameters.emplace_back("limit", limit);
  std::vector<wire::RepoListItem> items;
  api.for_each_page(fmt::format("/api/{}?{}", wire::api_plural(type), net::build_query(parameters)),
                    "list repositories", [&](const net::Response& response) {
                      for (wire::RepoListItem& item : wire::parse_repo_list(response.body)) {
                        if (items.size() == query.limit) return false;
                        items.push_back(std::move(item));
                      }
                      return items.size() < query.limit;
                    });
  return items;
}

}  // namespace mhub::remote
