#pragma once
// A hub's repositories as such. Errors as HubApi says.

#include <string>
#include <string_view>
#include <vector>

#include <mhub/remote/hub_api.hpp>
#include <mhub/wire/hub_info.hpp>

namespace mhub::remote {

/// Makes a repository; its URL. An empty `owner` means the caller's own namespace. Throws Error:
/// conflict if it exists.
wire::CreateRepoAnswer create_repo(HubApi& api, const wire::CreateRepoRequest& request);

/// Throws Error: not_found.
void delete_repo(HubApi& api, const wire::DeleteRepoRequest& request);

/// What the hub says of `repo` at `revision`, the default branch if empty; its files come with
/// their sizes. Throws Error: not_found.
wire::RepoDescription repo_info(HubApi& api, const wire::RepoName& repo,
                                std::string_view revision = {});

/// Gives `repo` another owner or name. Throws Error: not_found, conflict if the name is taken.
void move_repo(HubApi& api, const wire::RepoName& repo, std::string_view to);

/// Throws Error: not_found.
void change_repo_settings(HubApi& api, const wire::RepoName& repo,
                          const wire::RepoSettingsRequest& request);

/// A copy of `repo` at the hub; its URL. Throws Error: not_found, conflict if the name is taken.
wire::CreateRepoAnswer duplicate_repo(HubApi& api, const wire::RepoName& repo,
                                      const wire::DuplicateRepoRequest& request);

/// Which repositories a list holds, and in which order.
struct RepoQuery {
  std::string search = {};                ///< part of the name
  std::string author = {};                ///< owner
  std::vector<std::string> filters = {};  ///< tags, all of which must be there
  std::string sort = {};  ///< "downloads", "lastModified" …; empty: as the hub likes
  std::size_t limit = 10000;
};

/// Repositories that the caller may see.
std::vector<wire::RepoListItem> list_repos(HubApi& api, wire::RepoType type,
                                           const RepoQuery& query);

}  // namespace mhub::remote
