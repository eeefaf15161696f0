#include "database.hpp"

#include <sqlite3.h>

#include <mhub/base/c_handle.hpp>
#include <mhub/base/error.hpp>

namespace mhub::store {

namespace {

constexpr int kBusyTimeoutMs = 30'000;
/// Readers beyond this many are closed again instead of kept for the next.
constexpr std::size_t kIdleReaders = 16;

Error database_error(int code, std::string_view text, std::string_view doing,
                     const std::filesystem::path& path) {
  const std::string name = printable(path.string());
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(ErrorKind::busy, "{}: another process is writing to {}", doing, name)
          .hint("wait for the other command to end and try again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error(ErrorKind::corrupt, "{}: the index {} is damaged: {}", doing, name, text);
    case SQLITE_FULL:
      return Error(ErrorKind::io, "{}: no space left for the index {}", doing, name)
          .hint("free some space on that disk and run the command again; nothing is lost");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
      return Error(ErrorKind::io, "{}: index {}: {}", doing, name, text);
    default:
      return Error(ErrorKind::internal, "{}: index {}: {} (code {})", doing, name, text, code);
  }
}

}  // namespace

struct Connection::Prepared {
  CHandle<sqlite3_stmt, sqlite3_finalize> statement;
  bool in_use = false;
};

Connection::Connection(const std::filesystem::path& path, bool durable, bool read_only)
    : path_(path) {
  // A reader, too, has to write: WAL keeps its marks in shared memory beside the file.
  const int code = sqlite3_open_v2(path.c_str(), &handle_,
                                   SQLITE_OPEN_READWRITE | (read_only ? 0 : SQLITE_OPEN_CREATE) |
                                       SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                   nullptr);
  try {
    if (code != SQLITE_OK) fail(code, "open the index");
    sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
    // The defence against a hostile or damaged file: no functions or views of its own can run.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (read_only) {
      // Small, as there may be as many readers as a hub has clients.
      run("PRAGMA query_only = 1; PRAGMA cache_size = -1024");
    } else {
      run(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF");
      // Chunk rows go to random pages; what stays in memory is not read again.
      run("PRAGMA journal_mode = WAL; PRAGMA cache_size = -16384");
    }
    run("PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = 1");
  } catch (...) {
    sqlite3_close_v2(handle_);
    throw;
  }
}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close_v2(handle_);
}

void Connection::fail(int code, std::string_view doing) const {
  throw database_error(code, handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code),
                       doing, path_);
}

void Connection::run(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, "use the store");
}

std::int64_t Connection::number(const char* sql) {
  Query query(*this, sql);
  return query.step() ? query.integer(0) : 0;
}

std::int64_t Connection::last_insert_id() const {
  return sqlite3_last_insert_rowid(handle_);
}

Connection::Prepared& Connection::prepared(std::string_view sql) {
  auto& slot = statements_[sql];
  if (!slot) {
    auto fresh = std::make_unique<Prepared>();
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    fresh->statement.reset(statement);
    if (code != SQLITE_OK) {
      statements_.erase(sql);
      fail(code, "prepare a query");
    }
    slot = std::move(fresh);
  }
  return *slot;
}

Query::Query(Connection& connection, std::string_view sql, std::nullopt_t)
    : connection_(connection), statement_(connection.prepared(sql)) {
  MHUB_ASSERT(!statement_.in_use);
  statement_.in_use = true;
}

Query::~Query() {
  sqlite3_reset(statement_.statement.get());
  sqlite3_clear_bindings(statement_.statement.get());
  statement_.in_use = false;
}

void Query::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_.statement.get(), ++bound_, value);
}

void Query::bind(ByteView value) {
  // A null pointer would bind NULL instead of an empty blob.
  static constexpr std::byte kNothing{};
  sqlite3_bind_blob64(statement_.statement.get(), ++bound_,
                      value.empty() ? &kNothing : value.data(), value.size(), SQLITE_STATIC);
}

void Query::bind(std::string_view value) {
  sqlite3_bind_text64(statement_.statement.get(), ++bound_, value.data(), value.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
}

bool Query::step() {
  const int code = sqlite3_step(statement_.statement.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  connection_.fail(code, "use the store");
}

void Query::run() {
  while (step()) {
  }
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_.statement.get(), column);
}

ByteView Query::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_.statement.get(), column);
  const int size = sqlite3_column_bytes(statement_.statement.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const std::byte*>(data), static_cast<std::size_t>(size)};
}

std::string Query::text(int column) const {
  return std::string(as_text(blob(column)));
}

Database::Database(std::filesystem::path path, bool durable)
    : path_(std::move(path)),
      durable_(durable),
      writer_(std::make_unique<Connection>(path_, durable, false)) {}

Database::~Database() = default;

Database::Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.run("BEGIN IMMEDIATE");
}

Database::Transaction::~Transaction() {
  if (!open_) return;
  try {
    connection_.run("ROLLBACK");
  } catch (const Error&) {
    // SQLite has rolled back by itself (disk full, I/O error) and says that there is none to end.
  }
}

void Database::Transaction::commit() {
  connection_.run("COMMIT");
  open_ = false;
}

Database::Lease::Lease(Database& database) : database_(database) {
  {
    const std::lock_guard guard(database_.idle_lock_);
    if (!database_.idle_readers_.empty()) {
      connection_ = std::move(database_.idle_readers_.back());
      database_.idle_readers_.pop_back();
    }
  }
  if (!connection_)
    connection_ = std::make_unique<Connection>(database_.path_, database_.durable_, true);
  connection_->run("BEGIN");
}

Database::Lease::~Lease() {
  try {
    connection_->run("COMMIT");
    const std::lock_guard guard(database_.idle_lock_);
    if (database_.idle_readers_.size() < kIdleReaders)
      database_.idle_readers_.push_back(std::move(connection_));
  } catch (const std::exception&) {
    // A connection that cannot end a read is closed with its lease.
  }
}

}  // namespace mhub::store
