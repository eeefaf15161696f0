#include <algorithm>
#include <set>

#include <mhub/base/error.hpp>
#include <mhub/remote/hub_files.hpp>
#include <mhub/wire/hub_history.hpp>

namespace mhub::remote {

std::map<std::string, xet::FileHash> resolve_xet_hashes(HubApi& api, const wire::RepoName& repo,
                                                        std::string_view revision,
                                                        std::span<const std::string> paths) {
  std::map<std::string, xet::FileHash> hashes;
  const std::string path = repo.api_path() + "/paths-info/" + net::escape(revision);
  while (!paths.empty()) {
    const auto part = paths.first(std::min(paths.size(), wire::kPathsInfoMaxPaths));
    paths = paths.subspan(part.size());
    const net::Response response =
        api.try_json("POST", path, wire::paths_info_request_json(part), net::Retry::always);
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

bool is_first_commit_with_only(HubApi& api, const wire::RepoName& repo, std::string_view commit,
                               std::string_view path) {
  const std::string revision = net::escape(commit);
  const auto commits = wire::parse_commit_list(
      api.get(repo.api_path() + "/commits/" + revision + "?limit=2", "list the hub's commits")
          .body);
  if (commits.size() != 1 || commits.front().id != commit) return false;
  const auto entries = wire::parse_tree(
      api.get(repo.api_path() + "/tree/" + revision + "?limit=2", "list the hub's files").body);
  return entries.size() == 1 && !entries.front().is_folder && entries.front().path == path;
}

}  // namespace mhub::remote
