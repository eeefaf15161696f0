#include <sqlite3.h>

#include <mhub/base/c_handle.hpp>
#include <mhub/base/error.hpp>
#include <mhub/sqlite/database.hpp>

namespace mhub::sqlite {

namespace {

/// Readers beyond this many are closed again instead of kept for the next.
constexpr std::size_t kIdleReaders = 16;

Error database_error(int code, std::string_view text, const std::string& subject,
                     const std::filesystem::path& path) {
  const std::string name = subject + " " + printable(path.string());
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      // Without the path: a hub passes conflicts on to its callers.
      return Error(ErrorKind::conflict, "{}: {}", subject, text);
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(ErrorKind::busy, "another process is writing to {}", name)
          .hint("wait for the other command to end and try again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error(ErrorKind::corrupt, "{} is damaged: {}", name, text);
    case SQLITE_FULL:
      return Error(ErrorKind::io, "no space left for {}", name)
          .hint("free some space on that disk and run the command again; nothing is lost");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
      return Error(ErrorKind::io, "{}: {}", name, text);
    default:
      return Error(ErrorKind::internal, "{}: {} (code {})", name, text, code);
  }
}

}  // namespace

struct Connection::Statement {
  CHandle<sqlite3_stmt, sqlite3_finalize> handle;
  bool in_use = false;
};

void Connection::Close::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

void Connection::Release::operator()(Statement* statement) const noexcept {
  sqlite3_reset(statement->handle.get());
  sqlite3_clear_bindings(statement->handle.get());
  statement->in_use = false;
}

Connection::Connection(const std::filesystem::path& path, const Options& options, bool may_write)
    : path_(path), subject_(options.subject) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  // A reader, too, has to write: WAL keeps its marks in shared memory beside the file.
  flags |= options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (may_write) flags |= SQLITE_OPEN_CREATE;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  handle_.reset(raw);
  if (code != SQLITE_OK) fail(code);
  sqlite3_busy_timeout(raw, static_cast<int>(options.patience.count()));
  // The defence against a hostile or damaged file: no functions or views of its own can run.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  execute("PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = 1");
  // Said either way: SQLite may have been built with another default.
  execute(options.foreign_keys ? "PRAGMA foreign_keys = ON" : "PRAGMA foreign_keys = OFF");
  if (may_write) {
    execute(options.durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF");
    // Rows keyed by hashes go to random pages; what stays in memory is not read again.
    execute("PRAGMA journal_mode = WAL; PRAGMA cache_size = -16384");
  } else {
    // Small, as there may be as many readers as a hub has clients.
    execute("PRAGMA query_only = 1; PRAGMA cache_size = -1024");
  }
}

Connection::~Connection() = default;

void Connection::fail(int code) const {
  throw database_error(code, handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code),
                       subject_, path_);
}

void Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Connection::last_id() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

std::int64_t Connection::changes() const {
  return sqlite3_changes(handle_.get());
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

Connection::Run Connection::start(std::string_view sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) {
      statements_.erase(sql);
      fail(code);
    }
    statement = std::make_unique<Statement>();
    statement->handle.reset(raw);
  }
  MHUB_ASSERT(!statement->in_use);
  statement->in_use = true;
  return Run(statement.get());
}

void Query::check(int code) const {
  if (code != SQLITE_OK) connection_.fail(code);
}

void Query::bind(std::int64_t value) {
  check(sqlite3_bind_int64(statement_->handle.get(), ++bound_, value));
}

// A null pointer would bind NULL instead of nothing.
void Query::bind(std::string_view value) {
  check(sqlite3_bind_text64(statement_->handle.get(), ++bound_, value.empty() ? "" : value.data(),
                            value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Query::bind(ByteView value) {
  static constexpr std::byte kNothing{};
  check(sqlite3_bind_blob64(statement_->handle.get(), ++bound_,
                            value.empty() ? &kNothing : value.data(), value.size(),
                            SQLITE_TRANSIENT));
}

void Query::bind(std::nullopt_t) {
  check(sqlite3_bind_null(statement_->handle.get(), ++bound_));
}

bool Query::next() {
  const int code = sqlite3_step(statement_->handle.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  connection_.fail(code);
}

void Query::run() {
  while (next()) {
  }
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_->handle.get(), column);
}

ByteView Query::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_->handle.get(), column);
  const int size = sqlite3_column_bytes(statement_->handle.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const std::byte*>(data), static_cast<std::size_t>(size)};
}

std::string Query::text(int column) const {
  return std::string(as_text(blob(column)));
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_->handle.get(), column) == SQLITE_NULL;
}

Transaction::Transaction(Connection& connection, std::string_view begin) : connection_(connection) {
  connection_.run(begin);
}

Transaction::~Transaction() {
  if (!connection_.in_transaction()) return;
  try {
    connection_.run("ROLLBACK");
  } catch (const std::exception&) {
    // A reader that cannot end is closed with its lease; the next write says what is wrong.
  }
}

void Transaction::commit() {
  connection_.run("COMMIT");
}

Database::Database(std::filesystem::path path, Options options)
    : path_(std::move(path)), options_(std::move(options)) {
  idle_readers_.reserve(kIdleReaders);
  if (!options_.read_only) writer_ = std::make_unique<Connection>(path_, options_, true);
}

Connection& Database::writer() {
  if (!writer_)
    throw Error(ErrorKind::internal, "{} {} was opened for reading alone", options_.subject,
                printable(path_.string()));
  return *writer_;
}

Database::Lease::Lease(Database& d) : database(d) {
  {
    const std::lock_guard guard(database.idle_lock_);
    if (!database.idle_readers_.empty()) {
      connection = std::move(database.idle_readers_.back());
      database.idle_readers_.pop_back();
    }
  }
  if (!connection)
    connection = std::make_unique<Connection>(database.path_, database.options_, false);
}

Database::Lease::~Lease() {
  if (connection->in_transaction()) return;
  const std::lock_guard guard(database.idle_lock_);
  if (database.idle_readers_.size() < kIdleReaders)
    database.idle_readers_.push_back(std::move(connection));
}

}  // namespace mhub::sqlite
