#include "catalog/schema.hpp"

#include <iterator>

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>
#include <mhub/base/sha256.hpp>

namespace mhub::serve {

namespace {

/// "mhbc", so that `file` and people can tell what the database is.
constexpr const char* kApplicationId = "PRAGMA application_id=0x6d686263";

/// Step i takes a catalog of version i to version i + 1.
constexpr const char* kMigrations[] = {
    R"sql(
CREATE TABLE users(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  is_admin INTEGER NOT NULL,
  created INTEGER NOT NULL);
CREATE TABLE tokens(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  scope INTEGER NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER);
CREATE INDEX tokens_by_user ON tokens(user_id);
CREATE TABLE repos(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  type INTEGER NOT NULL,
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  owner_key TEXT NOT NULL,
  name_key TEXT NOT NULL,
  private INTEGER NOT NULL,
  created INTEGER NOT NULL,
  UNIQUE(type, owner_key, name_key));
CREATE INDEX repos_by_owner ON repos(owner_key);
CREATE TABLE repo_files(
  repo_id INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
  sha256 BLOB NOT NULL,
  size INTEGER NOT NULL,
  xet BLOB NOT NULL,
  added INTEGER NOT NULL,
  PRIMARY KEY(repo_id, sha256)) WITHOUT ROWID;
CREATE INDEX repo_files_by_xet ON repo_files(repo_id, xet);
CREATE INDEX repo_files_by_sha256 ON repo_files(sha256);
CREATE TABLE repo_xorbs(
  repo_id INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
  xorb BLOB NOT NULL,
  whole INTEGER NOT NULL,
  spans BLOB NOT NULL,
  PRIMARY KEY(repo_id, xorb)) WITHOUT ROWID;
CREATE INDEX repo_xorbs_by_xorb ON repo_xorbs(xorb);
CREATE TABLE settings(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
)sql",
    R"sql(
CREATE TABLE repo_old_names(
  type INTEGER NOT NULL,
  owner_key TEXT NOT NULL,
  name_key TEXT NOT NULL,
  repo_id INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
  PRIMARY KEY(type, owner_key, name_key)) WITHOUT ROWID;
CREATE INDEX repo_old_names_by_repo ON repo_old_names(repo_id);
)sql",
    // What listings show. Facts come from git and may be dropped; counts may not.
    R"sql(
CREATE TABLE repo_facts(
  repo_id INTEGER PRIMARY KEY REFERENCES repos(id) ON DELETE CASCADE,
  head TEXT NOT NULL,
  modified INTEGER NOT NULL,
  pipeline_tag TEXT NOT NULL,
  library_name TEXT NOT NULL,
  sdk TEXT NOT NULL,
  tags TEXT NOT NULL,
  card TEXT NOT NULL,
  config TEXT NOT NULL);
CREATE TABLE repo_tags(
  tag_key TEXT NOT NULL,
  repo_id INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  tag TEXT NOT NULL,
  shown INTEGER NOT NULL,
  PRIMARY KEY(tag_key, repo_id)) WITHOUT ROWID;
CREATE INDEX repo_tags_by_repo ON repo_tags(repo_id);
CREATE TABLE repo_counts(
  repo_id INTEGER PRIMARY KEY REFERENCES repos(id) ON DELETE CASCADE,
  likes INTEGER NOT NULL,
  downloads INTEGER NOT NULL);
)sql",
    R"sql(
CREATE TABLE likes(
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  repo_id INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
  created INTEGER NOT NULL,
  PRIMARY KEY(user_id, repo_id)) WITHOUT ROWID;
CREATE INDEX likes_by_repo ON likes(repo_id, user_id);
CREATE TRIGGER like_counted AFTER INSERT ON likes BEGIN
  INSERT INTO repo_counts(repo_id, likes, downloads) VALUES(new.repo_id, 1, 0)
    ON CONFLICT(repo_id) DO UPDATE SET likes=likes+1;
END;
CREATE TRIGGER like_uncounted AFTER DELETE ON likes BEGIN
  UPDATE repo_counts SET likes=likes-1 WHERE repo_id=old.repo_id;
END;
)sql",
    R"sql(
CREATE TABLE webhooks(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  url TEXT NOT NULL,
  secret TEXT NOT NULL,
  of_repos INTEGER NOT NULL,
  of_discussions INTEGER NOT NULL,
  disabled INTEGER NOT NULL,
  created INTEGER NOT NULL);
CREATE INDEX webhooks_by_user ON webhooks(user_id);
CREATE TABLE webhook_watches(
  webhook_id INTEGER NOT NULL REFERENCES webhooks(id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL);
CREATE INDEX webhook_watches_by_webhook ON webhook_watches(webhook_id);
CREATE INDEX webhook_watches_by_name ON webhook_watches(name_key);
CREATE TABLE webhook_deliveries(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook_id INTEGER NOT NULL REFERENCES webhooks(id) ON DELETE CASCADE,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due INTEGER NOT NULL);
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries(webhook_id);
CREATE INDEX webhook_deliveries_by_due ON webhook_deliveries(due);
)sql",
    R"sql(
CREATE TABLE user_xorbs(
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  xorb BLOB NOT NULL,
  PRIMARY KEY(user_id, xorb)) WITHOUT ROWID;
CREATE INDEX user_xorbs_by_xorb ON user_xorbs(xorb);
)sql",
    R"sql(
CREATE TABLE organisations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL);
CREATE TABLE organisation_members(
  organisation_id INTEGER NOT NULL REFERENCES organisations(id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  role INTEGER NOT NULL,
  PRIMARY KEY(organisation_id, user_id)) WITHOUT ROWID;
CREATE INDEX organisation_members_by_user ON organisation_members(user_id);
)sql",
    // Deleting a repository takes its places away and leaves the token limited.
    R"sql(
ALTER TABLE tokens ADD COLUMN limited INTEGER NOT NULL DEFAULT 0;
CREATE TABLE token_places(
  id INTEGER PRIMARY KEY,
  token_id INTEGER NOT NULL REFERENCES tokens(id) ON DELETE CASCADE,
  repo_id INTEGER REFERENCES repos(id) ON DELETE CASCADE,
  owner TEXT,
  owner_key TEXT,
  may_write INTEGER NOT NULL);
CREATE INDEX token_places_by_token ON token_places(token_id);
CREATE INDEX token_places_by_repo ON token_places(repo_id);
)sql",
    R"sql(
ALTER TABLE repos ADD COLUMN gating INTEGER NOT NULL DEFAULT 0;
CREATE TABLE access_requests(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repo_id INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  status INTEGER NOT NULL,
  asked INTEGER NOT NULL,
  UNIQUE(repo_id, user_id));
CREATE INDEX access_requests_by_user ON access_requests(user_id);
)sql",
    R"sql(
CREATE TABLE discussions(
  repo_id INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  title TEXT NOT NULL,
  status INTEGER NOT NULL,
  pull INTEGER NOT NULL,
  author_id INTEGER REFERENCES users(id) ON DELETE SET NULL,
  created INTEGER NOT NULL,
  target TEXT NOT NULL,
  base TEXT NOT NULL,
  head TEXT NOT NULL,
  merged TEXT NOT NULL,
  events INTEGER NOT NULL,
  text_bytes INTEGER NOT NULL,
  PRIMARY KEY(repo_id, number)) WITHOUT ROWID;
CREATE INDEX discussions_by_author ON discussions(author_id, repo_id);
CREATE TABLE discussion_events(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repo_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  author_id INTEGER REFERENCES users(id) ON DELETE SET NULL,
  created INTEGER NOT NULL,
  text TEXT NOT NULL,
  detail TEXT NOT NULL,
  hidden INTEGER NOT NULL,
  edits INTEGER NOT NULL,
  edited INTEGER,
  editor_id INTEGER REFERENCES users(id) ON DELETE SET NULL,
  FOREIGN KEY(repo_id, number) REFERENCES discussions(repo_id, number) ON DELETE CASCADE);
CREATE INDEX discussion_events_by_place ON discussion_events(repo_id, number);
CREATE INDEX discussion_events_by_author ON discussion_events(author_id);
CREATE INDEX discussion_events_by_editor ON discussion_events(editor_id);
)sql",
    // How much waits is asked for with each message: of an index, not of the messages.
    R"sql(
ALTER TABLE webhook_deliveries ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE webhook_deliveries SET bytes=length(CAST(body AS BLOB));
DROP INDEX webhook_deliveries_by_webhook;
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries(webhook_id, bytes);
)sql",
    // Roles are numbers in order: contributor comes between read and write.
    R"sql(
ALTER TABLE repos ADD COLUMN creator_id INTEGER REFERENCES users(id) ON DELETE SET NULL;
CREATE INDEX repos_by_creator ON repos(creator_id);
UPDATE organisation_members SET role=role+1 WHERE role>=1;
)sql",
    // What comments said before their edits.
    R"sql(
CREATE TABLE discussion_edits(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id INTEGER NOT NULL REFERENCES discussion_events(id) ON DELETE CASCADE,
  author_id INTEGER REFERENCES users(id) ON DELETE SET NULL,
  written INTEGER NOT NULL,
  text TEXT NOT NULL);
CREATE INDEX discussion_edits_by_event ON discussion_edits(event_id);
CREATE INDEX discussion_edits_by_author ON discussion_edits(author_id);
)sql",
    // What a space was made for; how many parameters models have. Of facts without `weights` these
    // were not looked for.
    R"sql(
ALTER TABLE repos ADD COLUMN sdk TEXT NOT NULL DEFAULT '';
ALTER TABLE repo_facts ADD COLUMN parameters TEXT NOT NULL DEFAULT '';
ALTER TABLE repo_facts ADD COLUMN parameter_count INTEGER;
ALTER TABLE repo_facts ADD COLUMN weights TEXT;
UPDATE repo_facts SET weights=''
  WHERE repo_id NOT IN (SELECT repo_id FROM repo_tags WHERE tag_key='safetensors');
)sql"};

constexpr std::int64_t kSchemaVersion = std::size(kMigrations);

std::int64_t version_of(Connection& db) {
  return db.number("PRAGMA user_version");
}

sqlite::Options options(bool read_only) {
  return {.subject = "the catalog",
          .read_only = read_only,
          .foreign_keys = true,
          .patience = std::chrono::seconds{10}};
}

void check_version(Connection& db, const std::filesystem::path& file) {
  const std::int64_t version = version_of(db);
  if (version > kSchemaVersion)
    throw Error(ErrorKind::config, "{} has schema {}, this program knows up to {}",
                printable(file.string()), version, kSchemaVersion)
        .hint("upgrade mhub on this machine");
}

void migrate(Database& database, const std::filesystem::path& file, std::int64_t to) {
  if (database.read(version_of) == to) return;
  database.write([&](Connection& db) {
    // Under the write lock: another process may have been quicker.
    check_version(db, file);
    for (std::int64_t version = version_of(db); version < to; ++version) {
      db.execute(kMigrations[version]);
      if (version == 0) {
        db.execute(kApplicationId);
        Sha256 secret;
        fill_random(secret.bytes);
        db.run("INSERT INTO settings(name, value) VALUES('master_secret', ?)",
               ByteView(secret.bytes));
      }
    }
    db.execute(fmt::format("PRAGMA user_version={}", to));
  });
}

}  // namespace

std::shared_ptr<Database> open_catalog_database(const std::filesystem::path& file) {
  auto database = std::make_shared<Database>(file, options(false));
  migrate(*database, file, kSchemaVersion);
  return database;
}

std::shared_ptr<Database> open_catalog_database_read_only(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file))
    throw Error(ErrorKind::not_found, "there is no hub catalog at {}", printable(file.string()));
  auto database = std::make_shared<Database>(file, options(true));
  database->read([&](Connection& db) { check_version(db, file); });
  return database;
}

void make_old_catalog(const std::filesystem::path& file, std::int64_t version) {
  MHUB_ASSERT(version <= kSchemaVersion && !std::filesystem::exists(file));
  Database database(file, options(false));
  migrate(database, file, version);
}

}  // namespace mhub::serve
