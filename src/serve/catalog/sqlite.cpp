#include "catalog/sqlite.hpp"

#include <mhub/base/error.hpp>

namespace mhub::serve {

namespace {

constexpr int kBusyPatienceMs = 10000;
constexpr std::size_t kIdleReaders = 16;

[[noreturn]] void fail(sqlite3* database, int code) {
  const char* text = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  const int primary = code & 0xff;
  const ErrorKind kind = primary == SQLITE_BUSY || primary == SQLITE_LOCKED ? ErrorKind::busy
                         : primary == SQLITE_CONSTRAINT                     ? ErrorKind::conflict
                         : primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB
                             ? ErrorKind::corrupt
                             : ErrorKind::io;
  throw Error(kind, "catalog: {}", text);
}

}  // namespace

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::check(int code) const {
  if (code != SQLITE_OK) fail(connection_.handle(), code);
}

void Query::bind_one(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, index, value));
}
void Query::bind_one(int index, std::string_view value) {
  check(sqlite3_bind_text64(statement_, index, value.data() == nullptr ? "" : value.data(),
                            value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}
void Query::bind_one(int index, ByteView value) {
  if (value.empty())
    check(sqlite3_bind_zeroblob(statement_, index, 0));
  else
    check(sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT));
}
void Query::bind_one(int index, const std::optional<std::int64_t>& value) {
  check(value ? sqlite3_bind_int64(statement_, index, *value)
              : sqlite3_bind_null(statement_, index));
}

bool Query::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail(connection_.handle(), code);
}

std::string Query::text(int column) const {
  const auto* data = sqlite3_column_text(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(data), size);
}

ByteView Query::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? ByteView() : ByteView(static_cast<const std::byte*>(data), size);
}

Connection::Connection(const std::filesystem::path& file, bool read_only) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_NOMUTEX |
                    (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  const int code = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  handle_.reset(raw);
  if (code != SQLITE_OK) {
    throw Error(ErrorKind::io, "cannot open {}: {}", printable(file.string()),
                raw != nullptr ? sqlite3_errmsg(raw) : sqlite3_errstr(code));
  }
  sqlite3_busy_timeout(raw, kBusyPatienceMs);
  execute("PRAGMA foreign_keys=ON");
  if (!read_only) execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
}

Query Connection::query(const char* sql) {
  StatementHandle& statement = statements_[sql];
  if (!statement) {
    sqlite3_stmt* raw = nullptr;
    const int code =
        sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) fail(handle_.get(), code);
    statement.reset(raw);
  }
  return Query(*this, statement.get());
}

void Connection::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle_.get(), code);
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.execute("BEGIN IMMEDIATE");
}
Transaction::~Transaction() {
  if (!done_) sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}
void Transaction::commit() {
  connection_.execute("COMMIT");
  done_ = true;
}

Database::Database(std::filesystem::path file, bool read_only)
    : file_(std::move(file)), read_only_(read_only) {}

Database::Lease::Lease(Database& d) : database(d) {
  {
    const std::lock_guard guard(database.read_mutex_);
    if (!database.idle_readers_.empty()) {
      connection = std::move(database.idle_readers_.back());
      database.idle_readers_.pop_back();
    }
  }
  if (!connection) connection = std::make_unique<Connection>(database.file_, database.read_only_);
}

Database::Lease::~Lease() {
  const std::lock_guard guard(database.read_mutex_);
  if (database.idle_readers_.size() < kIdleReaders)
    database.idle_readers_.push_back(std::move(connection));
}

}  // namespace mhub::serve
