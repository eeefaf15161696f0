#pragma once
// What whoever runs a hub does from its machine: users, organisations, tokens, repositories,
// figures, check and garbage collection. Works on the data folder, beside a running server too.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mhub/base/progress.hpp>
#include <mhub/store/check.hpp>
#include <mhub/wire/gating.hpp>
#include <mhub/wire/repo_name.hpp>

namespace mhub::serve {

struct UserInfo {
  std::int64_t id = 0;
  std::string name;  ///< also the user's namespace
  bool is_admin = false;
  std::int64_t created_unix_s = 0;
};

/// What a member of an organisation may do with its repositories, each including what stands before
/// it: read the private ones; make some, and change and delete those that they made; make, change
/// and delete any; look after the organisation itself.
enum class MemberRole { read, contributor, write, admin };
std::string_view name_of(MemberRole role);
std::optional<MemberRole> parse_member_role(std::string_view name);

struct OrganisationInfo {
  std::int64_t id = 0;
  std::string name;  ///< also its namespace; no user has the same
  std::int64_t created_unix_s = 0;
};

struct OrganisationMember {
  std::string user;
  MemberRole role = MemberRole::read;
};

/// An organisation that a user belongs to.
struct Membership {
  OrganisationInfo organisation;
  MemberRole role = MemberRole::read;
};

/// What a token allows, each including what stands before it.
enum class TokenScope { read, write, admin };
std::string_view name_of(TokenScope scope);
std::optional<TokenScope> parse_token_scope(std::string_view name);

/// A repository or a namespace that a limited token is good for.
struct TokenPlace {
  std::int64_t repo_id = 0;  ///< 0: all repositories of the namespace, also later ones
  std::string name;          ///< the namespace, or the repository's path as it is now
  bool may_write = false;
};

/// A token without its secret, which the hub does not know.
struct TokenInfo {
  std::int64_t id = 0;
  std::string user;
  std::string name;
  TokenScope scope = TokenScope::read;
  std::int64_t created_unix_s = 0;
  std::optional<std::int64_t> expires_unix_s;
  /// Good for `places` alone; elsewhere it shows what anybody sees. Without places left (their
  /// repositories were deleted) it stays limited.
  bool is_limited = false;
  std::vector<TokenPlace> places;
};

struct RepoInfo {
  std::int64_t id = 0;
  wire::RepoName name;
  bool is_private = false;
  std::int64_t created_unix_s = 0;
  wire::Gating gating = wire::Gating::none;
  /// The user who made it; nothing if that was `mhub admin`, or who made it is gone.
  std::optional<std::int64_t> creator_id;
  /// What a space was made for (wire::is_space_sdk()), until its card says it; may be empty.
  std::string sdk;
};

struct RepoUsage {
  RepoInfo repo;
  std::uint64_t files = 0;          ///< large files
  std::uint64_t logical_bytes = 0;  ///< sum of their sizes
  std::uint64_t git_bytes = 0;      ///< on disk
};

struct HubUsage {
  std::uint64_t users = 0;
  std::vector<RepoUsage> repos;
  store::StoreTotals store;
};

struct HubCheckReport {
  store::CheckReport store;
  /// Large files that a repository lists and the store cannot give: "ns/name: <sha256>"; and those
  /// that its commits need and it does not list with that size, with the path after the digest.
  std::vector<std::string> missing_files;
  /// What `git fsck` says, a line each: "ns/name: …".
  std::vector<std::string> git_faults;
  bool clean() const { return store.clean() && missing_files.empty() && git_faults.empty(); }
};

/// Threads may share it. Functions throw Error: not_found (no such user, token, repository),
/// conflict (the name is taken), usage (a name that is not allowed), io.
class Admin {
public:
  /// Throws Error: not_found if `data_folder` holds no hub (a server has never been started there).
  static std::unique_ptr<Admin> open(const std::filesystem::path& data_folder);
  virtual ~Admin() = default;

  virtual UserInfo create_user(const std::string& name, bool is_admin) = 0;
  virtual std::vector<UserInfo> list_users() = 0;
  /// With the user's tokens. Throws Error: conflict if repositories lie in the namespace.
  virtual void remove_user(const std::string& name) = 0;

  /// The token's text, never to be had again. A token of scope admin needs a user who is admin
  /// (Error: denied).
  virtual std::string create_token(const std::string& user, const std::string& name,
                                   TokenScope scope,
                                   std::optional<std::chrono::seconds> lifetime) = 0;
  /// A token for `places` alone, each a namespace ("ann"), or a repository's path ("ann/model",
  /// "datasets/ann/set") that exists. Throws Error: usage without places, not_found.
  struct PlaceRequest {
    std::string path;
    bool may_write = false;
  };
  virtual std::string create_limited_token(const std::string& user, const std::string& name,
                                           const std::vector<PlaceRequest>& places,
                                           std::optional<std::chrono::seconds> lifetime) = 0;
  /// Of all users if `user` is empty.
  virtual std::vector<TokenInfo> list_tokens(const std::string& user) = 0;
  virtual void revoke_token(std::int64_t id) = 0;

  virtual OrganisationInfo create_organisation(const std::string& name) = 0;
  virtual std::vector<OrganisationInfo> list_organisations() = 0;
  /// Throws Error: conflict if repositories lie in its namespace.
  virtual void remove_organisation(const std::string& name) = 0;
  virtual std::vector<OrganisationMember> list_members(const std::string& organisation) = 0;
  /// A user who belongs to it already gets the new role.
  virtual void add_member(const std::string& organisation, const std::string& user,
                          MemberRole role) = 0;
  virtual void remove_member(const std::string& organisation, const std::string& user) = 0;

  virtual RepoInfo create_repo(const wire::RepoName& name, bool is_private) = 0;
  virtual std::vector<RepoInfo> list_repos() = 0;
  /// The git repository goes at once; large files that nothing else needs go with the next
  /// collect_garbage().
  virtual void delete_repo(const wire::RepoName& name) = 0;

  virtual HubUsage usage() = 0;
  virtual HubCheckReport check(Progress& progress, const StopToken& stop) = 0;
  /// Takes the damaged xorbs that check() found out of the store, so that the hub asks for them
  /// again: whoever has a file of theirs heals it by pushing it once more. Returns how many. Throws
  /// Error: busy if uploads go on.
  virtual std::uint64_t drop_damaged(const HubCheckReport& found) = 0;
  /// Drops what no ref of any repository reaches. The grace period in `options` counts from a
  /// file's upload; keep it above the 7 days for which deduplication answers live (Error: usage
  /// below 8 days unless `options.dry_run` or `despite_answers`).
  virtual store::CollectReport collect_garbage(const store::CollectOptions& options,
                                               bool despite_answers, Progress& progress,
                                               const StopToken& stop) = 0;
};

}  // namespace mhub::serve
