#pragma once
// Who is asking and what they may do: hub tokens, CAS tokens and signed URLs.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"
#include "http/message.hpp"

namespace mhub::serve {

/// A new token's text: "hf_" (without which clients refuse it) and 40 random letters and digits.
std::string new_token_text();
/// What the catalog keeps of a token.
Sha256 token_hash(std::string_view text);

/// The caller of a hub route. Anonymous without a user.
struct Principal {
  std::optional<UserInfo> user;
  std::optional<TokenInfo> token;
  std::vector<Membership> memberships;

  bool is_anonymous() const { return !user; }
  Viewer viewer() const;
  /// May know of the repository, and see all of it but the content where that is gated
  /// (may_have_content() in router.hpp). A private one: its owner, members of its organisation and
  /// administrators, with tokens that are not limited to other places.
  bool may_read(const RepoInfo& repo) const;
  /// The content of a gated repository is the caller's without asking.
  bool is_let_in(const RepoInfo& repo) const;
  /// Needs a token with write scope of the owner, of a member with that role, or of the contributor
  /// who made it; an administrator's token with admin scope will do everywhere. A limited token
  /// must be for writing there.
  bool may_write(const RepoInfo& repo) const;
  /// May take part in discussions and, with may_have_content(), propose changes: who may read it
  /// and has a token that may write there.
  bool may_discuss(const RepoInfo& repo) const;
  /// The same for repositories yet to be made: contributors may, and a token limited to others is
  /// not enough.
  bool may_write_namespace(std::string_view owner) const;
  /// The caller's token is not limited to other places.
  bool is_inside(const RepoInfo& repo) const;
  /// The token is for changing something about the repository, whether its user may or not. Asked
  /// for what people may do who may not write it.
  bool token_may_write(const RepoInfo& repo) const;

private:
  /// What the user is in a namespace; the own one is its user's wholly.
  std::optional<MemberRole> role_in(std::string_view owner) const;
  /// A member whose role goes as far as changing it.
  bool looks_after(const RepoInfo& repo) const;
  bool is_place(const TokenPlace& place, const RepoInfo& repo) const;
  /// An administrator's token that is good everywhere.
  bool is_for_administration() const;
};

/// Reads the Authorization header: "Bearer TOKEN", "token TOKEN" or Basic with the token as
/// password (as user name if the password is empty). No header means anonymous; a token that is
/// unknown, expired or malformed throws Refused 401.
Principal authenticate(Catalog& catalog, const Request& request);
/// The holder of the token with that id; nothing if it was revoked or has expired.
std::optional<Principal> find_principal(Catalog& catalog, std::int64_t token_id);

/// The text after the scheme of a Bearer or Basic header; nothing without one.
std::optional<std::string> presented_token(const Request& request);

/// `propose` writes like `write`, for who may not write the repository but propose changes to it.
enum class CasScope { read, write, propose };

/// What a CAS token says. It is bound to one hub token (0: anonymous) and one repository.
struct CasGrant {
  CasScope scope = CasScope::read;
  std::int64_t repo_id = 0;
  std::int64_t token_id = 0;
  std::int64_t expires_unix_s = 0;
};

inline constexpr std::int64_t kCasTokenLifetimeS = 900;
inline constexpr std::int64_t kSignedUrlLifetimeS = 3600;

/// Makes and checks what the hub signs itself. Each purpose has a key of its own, derived from the
/// catalog's secret, so that nothing signed for one purpose passes for another. Threads may share
/// it.
class Signer {
public:
  explicit Signer(const Sha256& master_secret);

  std::string cas_token(const CasGrant& grant) const;
  /// Nothing unless `token` was made by cas_token(); an expired one is returned all the same.
  std::optional<CasGrant> read_cas_token(std::string_view token) const;

  /// A signature over `parts` (joined unambiguously) for a URL; `purpose` is a fixed word.
  std::string sign(std::string_view purpose, const std::vector<std::string>& parts) const;
  bool check(std::string_view purpose, const std::vector<std::string>& parts,
             std::string_view signature) const;

private:
  Sha256 key_for(std::string_view purpose) const;
  Sha256 master_;
};

}  // namespace mhub::serve
