#include <algorithm>

#include <mhub/base/error.hpp>

#include "catalog/catalog.hpp"
#include "catalog/identity_rows.hpp"
#include "catalog/schema.hpp"
#include "catalog/viewer_sql.hpp"
#include "http/message.hpp"

namespace mhub::serve {

namespace {

Sha256 digest_from(ByteView bytes) {
  Sha256 digest;
  if (bytes.size() != digest.bytes.size())
    throw Error(ErrorKind::corrupt, "catalog: a digest is {} bytes long", bytes.size());
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

template <class Hash>
Hash hash_from(ByteView bytes) {
  if (bytes.size() != xet::kHashBytes)
    throw Error(ErrorKind::corrupt, "catalog: a hash is {} bytes long", bytes.size());
  return Hash::from_raw(std::span<const std::byte, xet::kHashBytes>(bytes.data(), xet::kHashBytes));
}

Bytes pack(const std::vector<ChunkSpan>& spans) {
  Bytes out;
  for (const ChunkSpan& span : spans) {
    append_le(out, span.first);
    append_le(out, span.end);
  }
  return out;
}

std::vector<ChunkSpan> unpack(ByteView bytes) {
  std::vector<ChunkSpan> spans;
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    spans.push_back(
        {load_le<std::uint32_t>(bytes.data() + at), load_le<std::uint32_t>(bytes.data() + at + 4)});
  }
  return spans;
}

constexpr const char* kUserColumns = "SELECT id, name, is_admin, created FROM users ";

RepoInfo repo_from(const Query& row) {
  RepoInfo repo;
  repo.id = row.integer(0);
  repo.name.type = static_cast<wire::RepoType>(row.integer(1));
  repo.name.owner = row.text(2);
  repo.name.name = row.text(3);
  repo.is_private = row.integer(4) != 0;
  repo.created_unix_s = row.integer(5);
  repo.gating = static_cast<wire::Gating>(row.integer(6));
  if (!row.is_null(7)) repo.creator_id = row.integer(7);
  repo.sdk = row.text(8);
  return repo;
}

RepoFile file_from(const Query& row) {
  return {digest_from(row.blob(0)), static_cast<std::uint64_t>(row.integer(1)),
          hash_from<xet::FileHash>(row.blob(2))};
}

/// Merges a grant into the repository's row for that xorb.
void add_grant(Connection& db, std::int64_t repo, const XorbGrant& grant) {
  XorbGrant now = grant;
  {
    Query row(db, "SELECT whole, spans FROM repo_xorbs WHERE repo_id=? AND xorb=?", repo,
              ByteView(grant.xorb.bytes));
    if (row.next()) {
      now.whole = now.whole || row.integer(0) != 0;
      const auto before = unpack(row.blob(1));
      const XorbGrant known{grant.xorb, false, before};
      const auto is_covered = [&](const ChunkSpan& span) { return known.covers(span); };
      const bool is_known = row.integer(0) != 0 || !grant.whole;
      if (is_known && std::all_of(grant.spans.begin(), grant.spans.end(), is_covered)) return;
      now.spans.insert(now.spans.end(), before.begin(), before.end());
    }
  }
  now.spans = merged(std::move(now.spans));
  db.run("INSERT OR REPLACE INTO repo_xorbs(repo_id, xorb, whole, spans) VALUES(?,?,?,?)", repo,
         ByteView(now.xorb.bytes), now.whole, ByteView(pack(now.spans)));
}

/// Called when a repository takes that name.
void forget_old_name(Connection& db, const wire::RepoName& name) {
  db.run("DELETE FROM repo_old_names WHERE type=? AND owner_key=? AND name_key=?",
         static_cast<int>(name.type), lower_case(name.owner), lower_case(name.name));
}

class SqliteCatalog : public Catalog {
public:
  explicit SqliteCatalog(std::shared_ptr<Database> database) : db_(std::move(database)) {}

  UserInfo create_user(const std::string& name, bool is_admin) override {
    UserInfo user{0, name, is_admin, unix_now()};
    user.id = db_->write([&](Connection& db) {
      if (db.number("SELECT 1 FROM organisations WHERE name_key=?", lower_case(name)) != 0)
        throw Error(ErrorKind::conflict, "{} is the name of an organisation", name);
      db.run("INSERT INTO users(name, name_key, is_admin, created) VALUES(?,?,?,?)", name,
             lower_case(name), is_admin, user.created_unix_s);
      return db.last_id();
    });
    return user;
  }

  std::optional<UserInfo> find_user(const std::string& name) override {
    return db_->read([&](Connection& db) -> std::optional<UserInfo> {
      Query row(db, "SELECT id, name, is_admin, created FROM users WHERE name_key=?",
                lower_case(name));
      if (!row.next()) return std::nullopt;
      return user_from(row);
    });
  }

  std::optional<UserInfo> find_user(std::int64_t id) override {
    return db_->read([&](Connection& db) -> std::optional<UserInfo> {
      Query row(db, "SELECT id, name, is_admin, created FROM users WHERE id=?", id);
      if (!row.next()) return std::nullopt;
      return user_from(row);
    });
  }

  std::vector<UserInfo> list_users() override {
    return db_->read([&](Connection& db) {
      std::vector<UserInfo> users;
      Query row(db, kUserColumns);
      while (row.next()) users.push_back(user_from(row));
      return users;
    });
  }

  void remove_user(std::int64_t id) override {
    db_->write([&](Connection& db) {
      db.run(
          "DELETE FROM token_places WHERE repo_id IS NULL AND owner_key="
          "(SELECT name_key FROM users WHERE id=?)",
          id);
      db.run("DELETE FROM users WHERE id=?", id);
    });
  }

  TokenInfo add_token(std::int64_t user_id, const std::string& name, const Sha256& hash,
                      TokenScope scope, std::optional<std::int64_t> expires) override {
    TokenInfo token;
    token.name = name;
    token.scope = scope;
    token.expires_unix_s = expires;
    db_->write([&](Connection& db) { insert_token(db, user_id, hash, token); });
    return token;
  }

  TokenInfo add_limited_token(std::int64_t user_id, const std::string& name, const Sha256& hash,
                              const std::vector<TokenPlace>& places,
                              std::optional<std::int64_t> expires) override {
    TokenInfo token;
    token.name = name;
    token.expires_unix_s = expires;
    token.is_limited = true;
    token.places = places;
    for (const TokenPlace& place : places) {
      if (place.may_write) token.scope = TokenScope::write;
    }
    db_->write([&](Connection& db) { insert_token(db, user_id, hash, token); });
    return token;
  }

  std::optional<TokenRecord> find_token(const Sha256& hash) override {
    return db_->read([&](Connection& db) { return read_token(db, hash); });
  }

  std::optional<TokenRecord> find_token(std::int64_t id) override {
    return db_->read([&](Connection& db) { return read_token(db, id); });
  }

  std::vector<TokenInfo> list_tokens(std::optional<std::int64_t> user_id) override {
    return db_->read([&](Connection& db) { return read_tokens(db, user_id); });
  }

  bool remove_token(std::int64_t id) override {
    return db_->write([&](Connection& db) {
      db.run("DELETE FROM tokens WHERE id=?", id);
      return db.changes() > 0;
    });
  }

  std::vector<Membership> memberships(std::int64_t user_id) override {
    return db_->read([&](Connection& db) { return read_memberships(db, user_id); });
  }

  RepoInfo create_repo(const wire::RepoName& name, bool is_private,
                       std::optional<std::int64_t> creator_id, const std::string& sdk) override {
    RepoInfo repo;
    repo.name = name;
    repo.is_private = is_private;
    repo.creator_id = creator_id;
    repo.sdk = sdk;
    repo.created_unix_s = unix_now();
    repo.id = db_->write([&](Connection& db) {
      forget_old_name(db, name);
      db.run(
          "INSERT INTO repos(type, owner, name, owner_key, name_key, private, created, "
          "creator_id, sdk) VALUES(?,?,?,?,?,?,?,?,?)",
          static_cast<int>(name.type), name.owner, name.name, lower_case(name.owner),
          lower_case(name.name), is_private, repo.created_unix_s, repo.creator_id, repo.sdk);
      return db.last_id();
    });
    return repo;
  }

  std::optional<RepoInfo> find_repo(const wire::RepoName& name) override {
    return db_->read([&](Connection& db) -> std::optional<RepoInfo> {
      Query row(
          db,
          "SELECT id, type, owner, name, private, created, gating, creator_id, sdk FROM repos "
          "WHERE type=? AND owner_key=? AND name_key=?",
          static_cast<int>(name.type), lower_case(name.owner), lower_case(name.name));
      if (!row.next()) return std::nullopt;
      return repo_from(row);
    });
  }

  std::optional<RepoInfo> find_repo(std::int64_t id) override {
    return db_->read([&](Connection& db) -> std::optional<RepoInfo> {
      Query row(
          db,
          "SELECT id, type, owner, name, private, created, gating, creator_id, sdk FROM repos "
          "WHERE id=?",
          id);
      if (!row.next()) return std::nullopt;
      return repo_from(row);
    });
  }

  std::vector<RepoInfo> list_repos(const Viewer& viewer, const RepoFilter& filter) override {
    return db_->read([&](Connection& db) {
      std::vector<RepoInfo> repos;
      static const std::string sql =
          "SELECT r.id, r.type, r.owner, r.name, r.private, r.created, r.gating, r.creator_id, "
          "r.sdk FROM repos r "
          "WHERE r.id>?4 AND (?5<0 OR r.type=?5) AND (?6='' OR r.owner_key=?6) "
          "AND (?7='' OR instr(r.owner_key||'/'||r.name_key, ?7)>0) AND " +
          visible_sql() + " ORDER BY r.id LIMIT ?8";
      auto row = viewer_query(db, sql, viewer, filter.after_id,
                              filter.type ? static_cast<int>(*filter.type) : -1,
                              lower_case(filter.owner), lower_case(filter.search), filter.limit);
      while (row.next()) repos.push_back(repo_from(row));
      return repos;
    });
  }

  std::map<wire::RepoType, std::uint64_t> count_repos(const Viewer& viewer,
                                                      const std::string& owner) override {
    return db_->read([&](Connection& db) {
      std::map<wire::RepoType, std::uint64_t> counts;
      static const std::string sql =
          "SELECT r.type, COUNT(*) FROM repos r WHERE r.owner_key=?4 AND " + visible_sql() +
          " GROUP BY r.type";
      auto row = viewer_query(db, sql, viewer, lower_case(owner));
      while (row.next())
        counts[static_cast<wire::RepoType>(row.integer(0))] =
            static_cast<std::uint64_t>(row.integer(1));
      return counts;
    });
  }

  void delete_repo(std::int64_t id) override {
    db_->write([&](Connection& db) { db.run("DELETE FROM repos WHERE id=?", id); });
  }

  void set_repo_private(std::int64_t id, bool is_private) override {
    db_->write(
        [&](Connection& db) { db.run("UPDATE repos SET private=? WHERE id=?", is_private, id); });
  }

  void set_repo_gating(std::int64_t id, wire::Gating gating) override {
    db_->write([&](Connection& db) {
      db.run("UPDATE repos SET gating=? WHERE id=?", static_cast<int>(gating), id);
    });
  }

  void rename_repo(std::int64_t id, const wire::RepoName& name) override {
    db_->write([&](Connection& db) {
      db.run(
          "INSERT OR REPLACE INTO repo_old_names(type, owner_key, name_key, repo_id) "
          "SELECT type, owner_key, name_key, id FROM repos WHERE id=?",
          id);
      db.run("UPDATE repos SET owner=?, name=?, owner_key=?, name_key=? WHERE id=?", name.owner,
             name.name, lower_case(name.owner), lower_case(name.name), id);
      forget_old_name(db, name);
    });
  }

  std::optional<RepoInfo> find_renamed_repo(const wire::RepoName& old_name) override {
    return db_->read([&](Connection& db) -> std::optional<RepoInfo> {
      Query row(db,
                "SELECT r.id, r.type, r.owner, r.name, r.private, r.created, r.gating, "
                "r.creator_id, r.sdk FROM repos r JOIN repo_old_names o ON o.repo_id=r.id "
                "WHERE o.type=? AND o.owner_key=? AND o.name_key=?",
                static_cast<int>(old_name.type), lower_case(old_name.owner),
                lower_case(old_name.name));
      if (!row.next()) return std::nullopt;
      return repo_from(row);
    });
  }

  std::optional<RepoFile> find_file(std::int64_t repo, const Sha256& sha256) override {
    return db_->read([&](Connection& db) -> std::optional<RepoFile> {
      Query row(db, "SELECT sha256, size, xet FROM repo_files WHERE repo_id=? AND sha256=?", repo,
                ByteView(sha256.bytes));
      if (!row.next()) return std::nullopt;
      return file_from(row);
    });
  }

  std::optional<RepoFile> find_file(std::int64_t repo, const xet::FileHash& hash) override {
    return db_->read([&](Connection& db) -> std::optional<RepoFile> {
      Query row(db, "SELECT sha256, size, xet FROM repo_files WHERE repo_id=? AND xet=? LIMIT 1",
                repo, ByteView(hash.bytes));
      if (!row.next()) return std::nullopt;
      return file_from(row);
    });
  }

  bool may_read_file(const Viewer& viewer, const Sha256& sha256) override {
    return db_->read([&](Connection& db) {
      static const std::string sql =
          "SELECT 1 FROM repo_files f JOIN repos r ON r.id=f.repo_id WHERE f.sha256=?4 AND " +
          content_sql() + " LIMIT 1";
      return viewer_query(db, sql, viewer, ByteView(sha256.bytes)).next();
    });
  }

  void add_files(std::int64_t repo, const std::vector<RepoFile>& files,
                 const std::vector<XorbGrant>& grants) override {
    const std::int64_t now = unix_now();
    db_->write([&](Connection& db) {
      for (const RepoFile& file : files) {
        // The time is renewed: an upload starts the grace period of its file afresh.
        db.run(
            "INSERT INTO repo_files(repo_id, sha256, size, xet, added) VALUES(?,?,?,?,?) "
            "ON CONFLICT(repo_id, sha256) DO UPDATE SET added=excluded.added",
            repo, ByteView(file.sha256.bytes), file.size_bytes, ByteView(file.xet_hash.bytes), now);
      }
      for (const XorbGrant& grant : grants) add_grant(db, repo, grant);
    });
  }

  void remove_files(std::int64_t repo, const std::vector<Sha256>& files,
                    std::int64_t added_before_unix_s) override {
    db_->write([&](Connection& db) {
      for (const Sha256& file : files) {
        db.run("DELETE FROM repo_files WHERE repo_id=? AND sha256=? AND added<?", repo,
               ByteView(file.bytes), added_before_unix_s);
      }
    });
  }

  void for_each_file(std::int64_t repo,
                     const std::function<void(const RepoFile&, std::int64_t)>& visit) override {
    db_->read([&](Connection& db) {
      Query row(db, "SELECT sha256, size, xet, added FROM repo_files WHERE repo_id=?", repo);
      while (row.next()) visit(file_from(row), row.integer(3));
    });
  }

  std::vector<HeldFile> list_files(std::int64_t repo, const std::optional<Sha256>& after,
                                   std::size_t limit) override {
    return db_->read([&](Connection& db) {
      Query row(db,
                "SELECT sha256, size, xet, added FROM repo_files "
                "WHERE repo_id=? AND sha256>? AND size>0 ORDER BY sha256 LIMIT ?",
                repo, after ? ByteView(after->bytes) : ByteView(), limit);
      std::vector<HeldFile> files;
      while (row.next()) files.push_back({file_from(row), row.integer(3)});
      return files;
    });
  }

  std::uint64_t count_file_bytes(std::int64_t repo) override {
    return db_->read([&](Connection& db) {
      return static_cast<std::uint64_t>(
          db.number("SELECT coalesce(sum(size), 0) FROM repo_files WHERE repo_id=?", repo));
    });
  }

  void add_xorb(std::int64_t repo, const xet::XorbHash& xorb,
                std::optional<std::int64_t> sender) override {
    db_->write([&](Connection& db) {
      add_grant(db, repo, {xorb, true, {}});
      if (!sender) return;
      db.run("INSERT OR IGNORE INTO user_xorbs(user_id, xorb) VALUES(?,?)", *sender,
             ByteView(xorb.bytes));
    });
  }

  std::optional<XorbGrant> find_grant(const Viewer& viewer, std::int64_t repo,
                                      const xet::XorbHash& xorb) override {
    return db_->read([&](Connection& db) -> std::optional<XorbGrant> {
      static const std::string sql =
          "SELECT x.whole, x.spans FROM repo_xorbs x JOIN repos r ON r.id=x.repo_id "
          "WHERE x.xorb=?4 AND (r.id=?5 OR " +
          content_sql() + ")";
      auto row = viewer_query(db, sql, viewer, ByteView(xorb.bytes), repo);
      std::optional<XorbGrant> grant;
      while (row.next()) {
        if (!grant) grant = XorbGrant{xorb, false, {}};
        grant->whole = grant->whole || row.integer(0) != 0;
        const auto spans = unpack(row.blob(1));
        grant->spans.insert(grant->spans.end(), spans.begin(), spans.end());
      }
      if (grant) grant->spans = merged(std::move(grant->spans));
      return grant;
    });
  }

  void drop_grants(const std::function<bool(const xet::XorbHash&)>& is_gone) override {
    std::vector<xet::XorbHash> gone;
    db_->read([&](Connection& db) {
      Query row(db, "SELECT DISTINCT xorb FROM repo_xorbs");
      while (row.next()) {
        const auto xorb = hash_from<xet::XorbHash>(row.blob(0));
        if (is_gone(xorb)) gone.push_back(xorb);
      }
    });
    db_->write([&](Connection& db) {
      for (const auto& xorb : gone) {
        // It may have been sent again since.
        if (!is_gone(xorb)) continue;
        db.run("DELETE FROM repo_xorbs WHERE xorb=?", ByteView(xorb.bytes));
      }
    });
  }

  bool grants_pending() override {
    return db_->read([](Connection& db) {
      return db.number("SELECT 1 FROM settings WHERE name='grants_pending'") != 0;
    });
  }
  void set_grants_pending(bool pending) override {
    db_->write([&](Connection& db) {
      if (pending)
        db.run("INSERT OR IGNORE INTO settings(name, value) VALUES('grants_pending', x'')");
      else
        db.run("DELETE FROM settings WHERE name='grants_pending'");
    });
  }

  Sha256 master_secret() override {
    const auto found = db_->read([](Connection& db) -> std::optional<Sha256> {
      Query row(db, "SELECT value FROM settings WHERE name='master_secret'");
      if (!row.next()) return std::nullopt;
      return digest_from(row.blob(0));
    });
    if (!found) throw Error(ErrorKind::corrupt, "catalog: the signing secret is missing");
    return *found;
  }

private:
  std::shared_ptr<Database> db_;
};

}  // namespace

std::vector<ChunkSpan> merged(std::vector<ChunkSpan> spans) {
  std::sort(spans.begin(), spans.end(),
            [](const ChunkSpan& a, const ChunkSpan& b) { return a.first < b.first; });
  std::vector<ChunkSpan> out;
  for (const ChunkSpan& span : spans) {
    if (!out.empty() && span.first <= out.back().end)
      out.back().end = std::max(out.back().end, span.end);
    else
      out.push_back(span);
  }
  return out;
}

bool XorbGrant::covers(const ChunkSpan& span) const {
  if (whole) return true;
  const auto after = std::upper_bound(
      spans.begin(), spans.end(), span.first,
      [](std::uint32_t chunk, const ChunkSpan& have) { return chunk < have.first; });
  return after != spans.begin() && span.end <= std::prev(after)->end;
}

std::unique_ptr<Catalog> sqlite_catalog(std::shared_ptr<Database> database) {
  return std::make_unique<SqliteCatalog>(std::move(database));
}

std::unique_ptr<Catalog> open_sqlite_catalog(const std::filesystem::path& file) {
  return sqlite_catalog(open_catalog_database(file));
}

std::unique_ptr<Catalog> open_sqlite_catalog_read_only(const std::filesystem::path& file) {
  return sqlite_catalog(open_catalog_database_read_only(file));
}

}  // namespace mhub::serve
