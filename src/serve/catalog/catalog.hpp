#pragma once
// What the hub knows about people and repositories, and which repository holds what. Knowing a hash
// gives nobody the bytes: every answer about content starts from the tables here.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mhub/base/sha256.hpp>
#include <mhub/serve/admin.hpp>
#include <mhub/sqlite/database.hpp>
#include <mhub/xet/hash.hpp>

namespace mhub::serve {

/// A token as it is looked up when a request comes in.
struct TokenRecord {
  TokenInfo info;
  UserInfo user;
  std::vector<Membership> memberships;  ///< the user's
};

/// A large file that a repository holds.
struct RepoFile {
  Sha256 sha256;
  std::uint64_t size_bytes = 0;
  xet::FileHash xet_hash;
};

/// The same, and when it was last added.
struct HeldFile {
  RepoFile file;
  std::int64_t added_unix_s = 0;
};

/// Chunks [first, end) of a xorb.
struct ChunkSpan {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
  bool operator==(const ChunkSpan&) const = default;
};
/// `spans` sorted, with overlapping and adjacent ones merged.
std::vector<ChunkSpan> merged(std::vector<ChunkSpan> spans);

/// What of a xorb somebody may use.
struct XorbGrant {
  xet::XorbHash xorb;
  bool whole = false;            ///< uploaded here as a xorb
  std::vector<ChunkSpan> spans;  ///< merged; chunks that files here are made of
  bool covers(const ChunkSpan& span) const;
};

/// Whose rights a question is asked with (viewer_sql.hpp says what follows from it).
struct Viewer {
  bool sees_all = false;      ///< an administrator
  std::int64_t user_id = 0;   ///< 0: anonymous
  std::int64_t token_id = 0;  ///< of a limited token; 0: not limited
};

struct RepoFilter {
  std::optional<wire::RepoType> type;
  std::string owner;   ///< empty: all
  std::string search;  ///< part of the id, any case; empty: all
  std::size_t limit = 1000;
  std::int64_t after_id = 0;  ///< the last id of the page before
};

/// Threads may share it. Throws Error: io, corrupt, busy, and conflict for a name that is taken.
/// SQLite is one implementation; nothing in the interface is special to it.
class Catalog {
public:
  virtual ~Catalog() = default;

  // --- users and tokens
  /// Throws Error: conflict also for an organisation's name.
  virtual UserInfo create_user(const std::string& name, bool is_admin) = 0;
  virtual std::optional<UserInfo> find_user(const std::string& name) = 0;
  virtual std::optional<UserInfo> find_user(std::int64_t id) = 0;
  virtual std::vector<UserInfo> list_users() = 0;
  virtual void remove_user(std::int64_t id) = 0;
  /// `hash` is SHA-256 of the token's text.
  virtual TokenInfo add_token(std::int64_t user_id, const std::string& name, const Sha256& hash,
                              TokenScope scope, std::optional<std::int64_t> expires_unix_s) = 0;
  /// A token for `places` alone; its scope is write if one of them may be written.
  virtual TokenInfo add_limited_token(std::int64_t user_id, const std::string& name,
                                      const Sha256& hash, const std::vector<TokenPlace>& places,
                                      std::optional<std::int64_t> expires_unix_s) = 0;
  /// Also one that has expired.
  virtual std::optional<TokenRecord> find_token(const Sha256& hash) = 0;
  virtual std::optional<TokenRecord> find_token(std::int64_t id) = 0;
  virtual std::vector<TokenInfo> list_tokens(std::optional<std::int64_t> user_id) = 0;
  /// False if there is none.
  virtual bool remove_token(std::int64_t id) = 0;

  /// The organisations of a user.
  virtual std::vector<Membership> memberships(std::int64_t user_id) = 0;

  // --- repositories; names are compared without case
  /// `sdk` is a space's.
  virtual RepoInfo create_repo(const wire::RepoName& name, bool is_private,
                               std::optional<std::int64_t> creator_id,
                               const std::string& sdk = {}) = 0;
  virtual std::optional<RepoInfo> find_repo(const wire::RepoName& name) = 0;
  virtual std::optional<RepoInfo> find_repo(std::int64_t id) = 0;
  /// Those that `viewer` may see, in order of id.
  virtual std::vector<RepoInfo> list_repos(const Viewer& viewer, const RepoFilter& filter) = 0;
  /// How many of each kind in a namespace `viewer` may see; kinds without any are left out.
  virtual std::map<wire::RepoType, std::uint64_t> count_repos(const Viewer& viewer,
                                                              const std::string& owner) = 0;
  virtual void delete_repo(std::int64_t id) = 0;
  virtual void set_repo_private(std::int64_t id, bool is_private) = 0;
  virtual void set_repo_gating(std::int64_t id, wire::Gating gating) = 0;
  /// Its old name leads to it until a repository of that name is made. Throws Error: conflict.
  virtual void rename_repo(std::int64_t id, const wire::RepoName& name) = 0;
  /// The repository that had this name once, where none has it now.
  virtual std::optional<RepoInfo> find_renamed_repo(const wire::RepoName& old_name) = 0;
  /// By its name, or else by one that it had once: addresses from before a move go on working.
  std::optional<RepoInfo> find_repo_under(const wire::RepoName& name) {
    auto repo = find_repo(name);
    return repo ? repo : find_renamed_repo(name);
  }

  // --- large files of a repository
  virtual std::optional<RepoFile> find_file(std::int64_t repo, const Sha256& sha256) = 0;
  virtual std::optional<RepoFile> find_file(std::int64_t repo, const xet::FileHash& hash) = 0;
  /// True if some repository whose content `viewer` may have holds it.
  virtual bool may_read_file(const Viewer& viewer, const Sha256& sha256) = 0;
  /// Records files of `repo` and what of which xorbs they use, at one stroke. Known ones are kept.
  virtual void add_files(std::int64_t repo, const std::vector<RepoFile>& files,
                         const std::vector<XorbGrant>& grants) = 0;
  /// Those of `files` that were last added before `added_before_unix_s`.
  virtual void remove_files(std::int64_t repo, const std::vector<Sha256>& files,
                            std::int64_t added_before_unix_s) = 0;
  virtual void for_each_file(
      std::int64_t repo,
      const std::function<void(const RepoFile&, std::int64_t added_unix_s)>& visit) = 0;
  /// Up to `limit` files that are not empty, in order of their digests, those after `after`.
  virtual std::vector<HeldFile> list_files(std::int64_t repo, const std::optional<Sha256>& after,
                                           std::size_t limit) = 0;
  /// How many bytes all of them have.
  virtual std::uint64_t count_file_bytes(std::int64_t repo) = 0;

  // --- xorbs of a repository
  /// `sender`, if there is one, has sent all its bytes (Uploads): both at one stroke.
  virtual void add_xorb(std::int64_t repo, const xet::XorbHash& xorb,
                        std::optional<std::int64_t> sender) = 0;
  /// What of `xorb` the viewer may use: the union over `repo` (0 for none), whose content the
  /// caller is known to have, and every repository whose content the viewer may have. Nothing if
  /// there is none.
  virtual std::optional<XorbGrant> find_grant(const Viewer& viewer, std::int64_t repo,
                                              const xet::XorbHash& xorb) = 0;
  /// Forgets all repositories' grants for xorbs of which `is_gone` is true. It is asked again when
  /// nothing can be added.
  virtual void drop_grants(const std::function<bool(const xet::XorbHash&)>& is_gone) = 0;
  /// True from set_grants_pending(true) on, in other processes too: chunks are being moved to other
  /// xorbs, and grants have yet to follow.
  virtual bool grants_pending() = 0;
  virtual void set_grants_pending(bool pending) = 0;

  /// 32 random bytes made once per catalog; the root of all signing keys.
  virtual Sha256 master_secret() = 0;
};

/// Over an open catalog.db (schema.hpp).
std::unique_ptr<Catalog> sqlite_catalog(std::shared_ptr<sqlite::Database> database);
/// As open_catalog_database().
std::unique_ptr<Catalog> open_sqlite_catalog(const std::filesystem::path& file);
/// As open_catalog_database_read_only().
std::unique_ptr<Catalog> open_sqlite_catalog_read_only(const std::filesystem::path& file);

}  // namespace mhub::serve
