#include "auth.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <mhub/base/text.hpp>

namespace mhub::serve {

namespace {

constexpr std::string_view kTokenPrefix = "hf_";
constexpr std::size_t kTokenRandomLetters = 40;
constexpr std::size_t kTokenMaxBytes = 512;
constexpr std::string_view kCasTokenPrefix = "mxt2.";
/// In the order of CasScope.
constexpr std::string_view kScopeLetters = "rwp";

[[noreturn]] void refuse_credentials() {
  throw Refused(401, "Invalid credentials in Authorization header");
}

bool has_expired(const TokenInfo& token) {
  return token.expires_unix_s && *token.expires_unix_s <= unix_now();
}

Principal principal_of(TokenRecord record) {
  return {std::move(record.user), std::move(record.info), std::move(record.memberships)};
}

}  // namespace

std::string new_token_text() {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string text(kTokenPrefix);
  while (text.size() < kTokenPrefix.size() + kTokenRandomLetters) {
    std::array<std::byte, 64> random;
    fill_random(random);
    for (const std::byte byte : random) {
      // Values past the last whole multiple of 62 would favour the first letters.
      const auto value = std::to_integer<unsigned>(byte);
      if (value < 4 * kLetters.size() && text.size() < kTokenPrefix.size() + kTokenRandomLetters)
        text += kLetters[value % kLetters.size()];
    }
  }
  return text;
}

Sha256 token_hash(std::string_view text) {
  return sha256_of(as_bytes(text));
}

Viewer Principal::viewer() const {
  if (!user) return {};
  return {user->is_admin, user->id, token && token->is_limited ? token->id : 0};
}

std::optional<MemberRole> Principal::role_in(std::string_view owner) const {
  if (!user) return std::nullopt;
  if (equal_ignoring_case(user->name, owner)) return MemberRole::admin;
  for (const Membership& membership : memberships) {
    if (equal_ignoring_case(membership.organisation.name, owner)) return membership.role;
  }
  return std::nullopt;
}

bool Principal::looks_after(const RepoInfo& repo) const {
  const auto role = role_in(repo.name.owner);
  return role >= MemberRole::write ||
         (role == MemberRole::contributor && repo.creator_id == user->id);
}

bool Principal::is_place(const TokenPlace& place, const RepoInfo& repo) const {
  if (place.repo_id != 0) return place.repo_id == repo.id;
  return equal_ignoring_case(place.name, repo.name.owner);
}

bool Principal::is_inside(const RepoInfo& repo) const {
  if (!token || !token->is_limited) return true;
  return std::any_of(token->places.begin(), token->places.end(),
                     [&](const TokenPlace& place) { return is_place(place, repo); });
}

bool Principal::may_read(const RepoInfo& repo) const {
  if (!repo.is_private) return true;
  return user && is_inside(repo) && (user->is_admin || role_in(repo.name.owner));
}

bool Principal::is_let_in(const RepoInfo& repo) const {
  if (!user || !is_inside(repo)) return false;
  return user->is_admin || looks_after(repo);
}

bool Principal::is_for_administration() const {
  return user && user->is_admin && token && token->scope == TokenScope::admin;
}

bool Principal::token_may_write(const RepoInfo& repo) const {
  if (!token || token->scope < TokenScope::write) return false;
  if (!token->is_limited) return true;
  return std::any_of(token->places.begin(), token->places.end(), [&](const TokenPlace& place) {
    return place.may_write && is_place(place, repo);
  });
}

bool Principal::may_write(const RepoInfo& repo) const {
  return token_may_write(repo) && (looks_after(repo) || is_for_administration());
}

bool Principal::may_discuss(const RepoInfo& repo) const {
  return user && token_may_write(repo) && may_read(repo);
}

bool Principal::may_write_namespace(std::string_view owner) const {
  if (!token || token->scope < TokenScope::write) return false;
  if (role_in(owner) < MemberRole::contributor && !is_for_administration()) return false;
  if (!token->is_limited) return true;
  return std::any_of(token->places.begin(), token->places.end(), [&](const TokenPlace& place) {
    return place.may_write && place.repo_id == 0 && equal_ignoring_case(place.name, owner);
  });
}

std::optional<std::string> presented_token(const Request& request) {
  const std::string_view header = trimmed(request.header("Authorization"));
  if (header.empty()) return std::nullopt;
  const auto space = header.find(' ');
  if (space == std::string_view::npos) refuse_credentials();
  const std::string_view scheme = header.substr(0, space);
  const std::string_view value = trimmed(header.substr(space + 1));
  if (equal_ignoring_case(scheme, "Bearer") || equal_ignoring_case(scheme, "token"))
    return std::string(value);
  if (!equal_ignoring_case(scheme, "Basic")) refuse_credentials();
  const auto decoded = from_base64(value);
  if (!decoded) refuse_credentials();
  const std::string_view pair = as_text(*decoded);
  const auto colon = pair.find(':');
  if (colon == std::string_view::npos) return std::string(pair);
  const std::string_view password = pair.substr(colon + 1);
  return std::string(password.empty() ? pair.substr(0, colon) : password);
}

Principal authenticate(Catalog& catalog, const Request& request) {
  const auto text = presented_token(request);
  if (!text || text->empty()) return {};
  if (text->size() > kTokenMaxBytes) refuse_credentials();
  // The look-up is by hash: what its timing tells is about the hash, of which no prefix helps.
  auto record = catalog.find_token(token_hash(*text));
  if (!record) refuse_credentials();
  if (has_expired(record->info)) refuse_credentials();
  return principal_of(std::move(*record));
}

std::optional<Principal> find_principal(Catalog& catalog, std::int64_t token_id) {
  auto record = catalog.find_token(token_id);
  if (!record || has_expired(record->info)) return std::nullopt;
  return principal_of(std::move(*record));
}

Signer::Signer(const Sha256& master_secret) : master_(master_secret) {}

Sha256 Signer::key_for(std::string_view purpose) const {
  return hmac_sha256(master_.bytes, as_bytes(purpose));
}

std::string Signer::sign(std::string_view purpose, const std::vector<std::string>& parts) const {
  std::string message;
  for (const std::string& part : parts) message += fmt::format("{}:{};", part.size(), part);
  return hmac_sha256(key_for(purpose).bytes, as_bytes(message)).hex();
}

bool Signer::check(std::string_view purpose, const std::vector<std::string>& parts,
                   std::string_view signature) const {
  return equal_in_constant_time(as_bytes(sign(purpose, parts)), as_bytes(signature));
}

std::string Signer::cas_token(const CasGrant& grant) const {
  const std::string payload =
      fmt::format("{}.{}.{}.{}", kScopeLetters[static_cast<std::size_t>(grant.scope)],
                  grant.repo_id, grant.token_id, grant.expires_unix_s);
  return std::string(kCasTokenPrefix) + payload + "." + sign("cas-token", {payload});
}

std::optional<CasGrant> Signer::read_cas_token(std::string_view token) const {
  if (!token.starts_with(kCasTokenPrefix)) return std::nullopt;
  token.remove_prefix(kCasTokenPrefix.size());
  const auto dot = token.rfind('.');
  if (dot == std::string_view::npos || token.size() > 256) return std::nullopt;
  const std::string payload(token.substr(0, dot));
  if (!check("cas-token", {payload}, token.substr(dot + 1))) return std::nullopt;
  CasGrant grant;
  const auto scope = kScopeLetters.find(payload.substr(0, 1));
  if (payload.size() < 2 || scope == std::string_view::npos) return std::nullopt;
  grant.scope = static_cast<CasScope>(scope);
  const char* at = payload.data() + 2;
  const char* end = payload.data() + payload.size();
  for (std::int64_t* field : {&grant.repo_id, &grant.token_id, &grant.expires_unix_s}) {
    const auto [next, error] = std::from_chars(at, end, *field);
    if (error != std::errc()) return std::nullopt;
    at = next == end ? end : next + 1;
  }
  return grant;
}

}  // namespace mhub::serve
