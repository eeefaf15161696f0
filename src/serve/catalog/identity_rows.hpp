#pragma once
// Rows about who somebody is: users, their memberships, and tokens with what these are limited to.
// All functions run inside the caller's read or transaction.

#include <optional>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/schema.hpp"

namespace mhub::serve {

/// From the columns id, name, is_admin, created, beginning at `at`.
UserInfo user_from(const Query& row, int at = 0);

/// In order of the organisations' names.
std::vector<Membership> read_memberships(Connection& db, std::int64_t user_id);

/// Sets the token's id and time.
void insert_token(Connection& db, std::int64_t user_id, const Sha256& hash, TokenInfo& token);
std::optional<TokenRecord> read_token(Connection& db, const Sha256& hash);
std::optional<TokenRecord> read_token(Connection& db, std::int64_t id);
std::vector<TokenInfo> read_tokens(Connection& db, std::optional<std::int64_t> user_id);

}  // namespace mhub::serve
