#pragma once
// A hub's REST face, in the shapes of Hugging Face's API: what all its routes share. The routes
// themselves stand in a header for each family: hub_repos.hpp, hub_files.hpp, hub_content.hpp,
// hub_discussions.hpp.

#include <functional>
#include <string>
#include <string_view>

#include <mhub/remote/hub_connection.hpp>
#include <mhub/wire/hub_repos.hpp>
#include <mhub/wire/hub_tree.hpp>
#include <mhub/wire/repo_name.hpp>

namespace mhub::remote {

/// Threads may share it. Calls throw Error: denied, not_found, network, corrupt, conflict, usage
/// (refused as wrong). Paths begin with "/" and are escaped; `doing` ends "failed to …".
class HubApi {
public:
  /// `hub_url` is the hub's base address, without credentials.
  HubApi(HubConnection& hub, std::string hub_url);

  wire::WhoAmI whoami();

  /// A success, or an Error.
  net::Response get(std::string_view path, std::string_view doing,
                    std::uint64_t max_body_bytes = wire::kTreeMaxBodyBytes);
  net::Response send_json(std::string_view method, std::string_view path, std::string body,
                          std::string_view doing, net::Retry retry = net::Retry::idempotent);
  /// Any status. The body is bounded by wire::kTreeMaxBodyBytes; a request that may be sent twice
  /// says so.
  net::Response try_json(std::string_view method, std::string_view path, std::string body,
                         net::Retry retry);

  /// Hands `use` the bodies of a list, page by page as Link headers name them, until it returns
  /// false. Throws Error: corrupt for a list that does not end.
  void for_each_page(std::string_view path, std::string_view doing,
                     const std::function<bool(const net::Response&)>& use);

  /// The route that answers CAS tokens for reading `revision` of `repo`.
  std::string read_token_url(const wire::RepoName& repo, std::string_view revision) const;

  const std::string& hub_url() const { return hub_url_; }

private:
  HubConnection& hub_;
  std::string hub_url_;
};

}  // namespace mhub::remote
