#pragma once
// One remote of a repository, ready to be talked to.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include <mhub/remote/address.hpp>
#include <mhub/remote/cas_client.hpp>
#include <mhub/remote/hub_api.hpp>
#include <mhub/remote/hub_connection.hpp>
#include <mhub/remote/lfs_client.hpp>
#include <mhub/repo/repository.hpp>
#include <mhub/sync/workspace.hpp>

namespace mhub::sync {

/// What names a remote in the store's tables and in messages: its URL without credentials.
std::string remote_key(std::string_view url);

/// Threads may share it once it is made.
class HubLink {
public:
  /// `name_or_url` is a configured remote's name, or anything remote::parse_remote understands.
  /// Throws Error: not_found (no such remote), usage.
  HubLink(repo::Repository& repository, const Connections& connections,
          std::string_view name_or_url, bool for_push, const Tools& tools);

  /// A repository on a hub that no repository here knows of. Without `by_chunks` files are offered
  /// to it whole.
  HubLink(const std::string& hub_url, const wire::RepoName& repo, const Connections& connections,
          const Tools& tools, bool by_chunks);

  /// The configured name, or empty.
  const std::string& name() const { return name_; }
  const std::string& key() const { return key_; }
  const remote::RemoteAddress& address() const { return address_; }
  remote::HubConnection& hub() { return hub_; }
  remote::LfsClient& lfs() { return *lfs_; }

  /// The hub's REST routes; null where large files are negotiated by LFS batches alone.
  remote::HubApi* hugging_face() { return api_.get(); }

  /// The CAS client for tokens of `refresh_url`; one for each such URL. `first` may spare the first
  /// request for one.
  remote::CasClient& cas(const std::string& refresh_url,
                         const std::optional<wire::XetToken>& first);

  std::uint64_t cas_sent_bytes();
  std::uint64_t cas_received_bytes();

private:
  std::string name_;
  std::string key_;
  remote::RemoteAddress address_;
  remote::HubConnection hub_;
  std::unique_ptr<remote::LfsClient> lfs_;
  std::unique_ptr<remote::HubApi> api_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<remote::CasClient>> cas_;
};

/// The keys of all configured remotes, for fetching and for pushing.
std::vector<std::string> remote_keys(repo::Repository& repository, const Connections& connections);

/// Names of the remotes that may hold the bytes of a large file, the likeliest first: `first` if
/// not empty, the branch's upstream, origin, the others.
std::vector<std::string> data_remotes(repo::Repository& repository, std::string_view first);

/// The remote `name`, if it is a hub; nothing, and a word to the user, for one that holds no data:
/// a folder of this machine, ssh.
std::unique_ptr<HubLink> open_data_link(repo::Repository& repository,
                                        const Connections& connections, const std::string& name,
                                        const Tools& tools, bool for_push = false);

/// Asks every remote, where it is fetched from and where it is pushed to, which of `files` it still
/// has, and forgets all that was noted of those that
/// miss one. Throws Error: network, denied.
void forget_what_remotes_lost(Workspace& workspace, const Connections& connections,
                              const std::unordered_set<Sha256>& files, const Tools& tools);

}  // namespace mhub::sync
