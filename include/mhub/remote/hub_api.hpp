#pragma once
// The REST routes of a hub, in the shapes of Hugging Face's API.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/remote/hub_connection.hpp>
#include <mhub/wire/hub_repos.hpp>
#include <mhub/wire/hub_tree.hpp>
#include <mhub/wire/repo_name.hpp>

namespace mhub::remote {

/// Threads may share it. Calls throw Error: denied, not_found, network, corrupt, usage (refused as
/// wrong).
class HubApi {
public:
  /// `hub_url` is the hub's base address, without credentials.
  HubApi(HubConnection& hub, std::string hub_url);

  wire::WhoAmI whoami();

  /// Makes a repository; its URL. An empty `owner` means the caller's own namespace. Throws Error:
  /// conflict if it exists.
  wire::CreateRepoAnswer create_repo(const wire::CreateRepoRequest& request);

  /// Throws Error: not_found.
  void delete_repo(const wire::DeleteRepoRequest& request);

  /// Repositories that the caller may see, at most `limit`; of all owners if `owner` is empty.
  std::vector<wire::RepoListItem> list_repos(wire::RepoType type, std::string_view owner,
                                             std::size_t limit = 10000);

  /// The route that answers CAS tokens for reading `revision` of `repo`.
  std::string read_token_url(const wire::RepoName& repo, std::string_view revision) const;
  std::string write_token_url(const wire::RepoName& repo, std::string_view revision) const;

  const std::string& hub_url() const { return hub_url_; }

private:
  net::Response send(net::Request request, std::string_view doing);

  HubConnection& hub_;
  std::string hub_url_;

  friend std::map<std::string, xet::FileHash> resolve_xet_hashes(HubApi&, const wire::RepoName&,
                                                                 std::string_view,
                                                                 std::span<const std::string>);
};

/// For hubs that say a file's Xet hash only in listings, as Hugging Face does: path to hash for
/// those of `paths` that the hub keeps as Xet files at `revision` (a branch or a commit). A hub
/// without such listings gives an empty map. What the hub says of a file must be checked against
/// its SHA-256 once it is put together.
std::map<std::string, xet::FileHash> resolve_xet_hashes(HubApi& api, const wire::RepoName& repo,
                                                        std::string_view revision,
                                                        std::span<const std::string> paths);

}  // namespace mhub::remote
