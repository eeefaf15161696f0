#include "schema.hpp"

#include <array>

#include <mhub/base/error.hpp>

namespace mhub::store {

namespace {

// Element i leads from version i to version i + 1. Elements are never changed once released.
constexpr std::array kMigrations = {
    // xorbs.chunks: 40 bytes a chunk, namely hash, raw size, end of its record. Identifiers are
    // never
    // given twice, so that what a process remembers of one cannot come to mean another xorb.
    R"(
CREATE TABLE xorbs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL UNIQUE,
  chunk_count INTEGER NOT NULL,
  body_bytes INTEGER NOT NULL,
  raw_bytes INTEGER NOT NULL,
  local INTEGER NOT NULL,
  disk_bytes INTEGER NOT NULL,
  last_used INTEGER NOT NULL,
  chunks BLOB NOT NULL
);
CREATE TABLE chunks (
  key INTEGER NOT NULL,
  place INTEGER NOT NULL,
  PRIMARY KEY (key, place)
) WITHOUT ROWID;
CREATE TABLE files (
  sha256 BLOB PRIMARY KEY NOT NULL,
  size INTEGER NOT NULL,
  xet_hash BLOB NOT NULL,
  added INTEGER NOT NULL,
  terms BLOB NOT NULL
);
CREATE INDEX files_by_xet_hash ON files (xet_hash);
CREATE TABLE remotes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  url TEXT NOT NULL UNIQUE
);
CREATE TABLE remote_xorbs (
  hash BLOB NOT NULL,
  remote INTEGER NOT NULL,
  PRIMARY KEY (hash, remote)
) WITHOUT ROWID;
CREATE TABLE remote_files (
  sha256 BLOB NOT NULL,
  remote INTEGER NOT NULL,
  PRIMARY KEY (sha256, remote)
) WITHOUT ROWID;
CREATE TABLE working_files (
  path BLOB PRIMARY KEY NOT NULL,
  sha256 BLOB NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  ctime_ns INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  device INTEGER NOT NULL,
  disk_bytes INTEGER NOT NULL,
  mode INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX working_files_by_sha256 ON working_files (sha256);
)",
};

}  // namespace

int schema_version() {
  return static_cast<int>(kMigrations.size());
}

void migrate(sqlite::Database& database, const std::filesystem::path& path) {
  const auto version_of = [&](sqlite::Connection& connection) {
    const std::int64_t version = connection.number("PRAGMA user_version");
    const std::int64_t application = connection.number("PRAGMA application_id");
    const bool empty = connection.number("SELECT count(*) FROM sqlite_schema") == 0;
    if (!empty && application != kApplicationId) {
      throw Error(ErrorKind::corrupt, "{} is not the index of an mhub store",
                  printable(path.string()));
    }
    if (version > schema_version()) {
      throw Error(ErrorKind::config, "{} has schema version {}; this mhub knows up to {}",
                  printable(path.string()), version, schema_version())
          .hint("upgrade mhub");
    }
    if (version < 0 || (!empty && version == 0)) {
      throw Error(ErrorKind::corrupt, "{} has the impossible schema version {}",
                  printable(path.string()), version);
    }
    return version;
  };
  if (database.read(version_of) == schema_version()) return;
  database.write([&](sqlite::Connection& connection) {
    // Another process may have been first.
    for (std::int64_t version = version_of(connection); version < schema_version(); ++version) {
      connection.execute(kMigrations[static_cast<std::size_t>(version)]);
      connection.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                     kApplicationId, version + 1));
    }
  });
}

}  // namespace mhub::store
