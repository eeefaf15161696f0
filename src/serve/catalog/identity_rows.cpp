#include "catalog/identity_rows.hpp"

#include "http/message.hpp"

namespace mhub::serve {

namespace {

/// From the columns id, name, scope, created, expires, limited.
TokenInfo token_from(const Query& row, std::string user) {
  TokenInfo token;
  token.id = row.integer(0);
  token.user = std::move(user);
  token.name = row.text(1);
  token.scope = static_cast<TokenScope>(row.integer(2));
  token.created_unix_s = row.integer(3);
  if (!row.is_null(4)) token.expires_unix_s = row.integer(4);
  token.is_limited = row.integer(5) != 0;
  return token;
}

void read_places(Connection& db, TokenInfo& token) {
  if (!token.is_limited) return;
  Query row(db,
            "SELECT p.may_write, p.repo_id, p.owner, r.type, r.owner, r.name FROM token_places p "
            "LEFT JOIN repos r ON r.id=p.repo_id WHERE p.token_id=? ORDER BY p.id",
            token.id);
  while (row.next()) {
    TokenPlace place;
    place.may_write = row.integer(0) != 0;
    if (row.is_null(1)) {
      place.name = row.text(2);
    } else {
      place.repo_id = row.integer(1);
      place.name =
          wire::RepoName{static_cast<wire::RepoType>(row.integer(3)), row.text(4), row.text(5)}
              .path();
    }
    token.places.push_back(std::move(place));
  }
}

/// From the columns of token_from() and, after them, user_from().
std::optional<TokenRecord> record_from(Connection& db, Query& row) {
  if (!row.next()) return std::nullopt;
  TokenRecord record;
  record.user = user_from(row, 6);
  record.info = token_from(row, record.user.name);
  read_places(db, record.info);
  record.memberships = read_memberships(db, record.user.id);
  return record;
}

}  // namespace

UserInfo user_from(const Query& row, int at) {
  return {row.integer(at), row.text(at + 1), row.integer(at + 2) != 0, row.integer(at + 3)};
}

std::vector<Membership> read_memberships(Connection& db, std::int64_t user_id) {
  std::vector<Membership> memberships;
  Query row(db,
            "SELECT o.id, o.name, o.created, m.role FROM organisation_members m "
            "JOIN organisations o ON o.id=m.organisation_id WHERE m.user_id=? ORDER BY o.name_key",
            user_id);
  while (row.next()) {
    memberships.push_back(
        {{row.integer(0), row.text(1), row.integer(2)}, static_cast<MemberRole>(row.integer(3))});
  }
  return memberships;
}

void insert_token(Connection& db, std::int64_t user_id, const Sha256& hash, TokenInfo& token) {
  token.created_unix_s = unix_now();
  db.run(
      "INSERT INTO tokens(user_id, name, hash, scope, created, expires, limited) "
      "VALUES(?,?,?,?,?,?,?)",
      user_id, token.name, ByteView(hash.bytes), static_cast<int>(token.scope),
      token.created_unix_s, token.expires_unix_s, token.is_limited);
  token.id = db.last_id();
  for (const TokenPlace& place : token.places) {
    if (place.repo_id != 0)
      db.run("INSERT INTO token_places(token_id, repo_id, may_write) VALUES(?,?,?)", token.id,
             place.repo_id, place.may_write);
    else
      db.run("INSERT INTO token_places(token_id, owner, owner_key, may_write) VALUES(?,?,?,?)",
             token.id, place.name, lower_case(place.name), place.may_write);
  }
}

std::optional<TokenRecord> read_token(Connection& db, const Sha256& hash) {
  Query row(
      db,
      "SELECT t.id, t.name, t.scope, t.created, t.expires, t.limited, u.id, u.name, u.is_admin, "
      "u.created FROM tokens t JOIN users u ON u.id=t.user_id WHERE t.hash=?",
      ByteView(hash.bytes));
  return record_from(db, row);
}

std::optional<TokenRecord> read_token(Connection& db, std::int64_t id) {
  Query row(
      db,
      "SELECT t.id, t.name, t.scope, t.created, t.expires, t.limited, u.id, u.name, u.is_admin, "
      "u.created FROM tokens t JOIN users u ON u.id=t.user_id WHERE t.id=?",
      id);
  return record_from(db, row);
}

std::vector<TokenInfo> read_tokens(Connection& db, std::optional<std::int64_t> user_id) {
  std::vector<TokenInfo> tokens;
  Query row(db,
            "SELECT t.id, t.name, t.scope, t.created, t.expires, t.limited, u.name FROM tokens t "
            "JOIN users u ON u.id=t.user_id WHERE ?1 IS NULL OR u.id=?1 ORDER BY t.id",
            user_id);
  while (row.next()) tokens.push_back(token_from(row, row.text(6)));
  for (TokenInfo& token : tokens) read_places(db, token);
  return tokens;
}

}  // namespace mhub::serve
