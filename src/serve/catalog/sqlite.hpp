#pragma once
// SQLite behind owners: connections with prepared statements, and a small pool of them.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sqlite3.h>

#include <mhub/base/bytes.hpp>
#include <mhub/base/c_handle.hpp>

namespace mhub::serve {

using StatementHandle = CHandle<sqlite3_stmt, sqlite3_finalize>;
using DatabaseHandle = CHandle<sqlite3, sqlite3_close>;

class Connection;

/// A running statement. Its connection's one copy of that statement is free again when this is
/// destroyed. Throws Error: busy, io, corrupt, conflict (a UNIQUE or foreign key rule).
class Query {
public:
  Query(Connection& connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  template <class... Values>
  Query& bind(const Values&... values) {
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }
  /// True if there is a row.
  bool next();
  /// For statements without rows.
  void run() {
    while (next()) {
    }
  }

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string text(int column) const;
  ByteView blob(int column) const;
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

private:
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, int value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, std::uint64_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, bool value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, std::string_view value);
  void bind_one(int index, const std::string& value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, const char* value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, ByteView value);
  void bind_one(int index, const std::optional<std::int64_t>& value);
  void check(int code) const;

  Connection& connection_;
  sqlite3_stmt* statement_;
};

class Connection {
public:
  Connection(const std::filesystem::path& file, bool read_only);
  /// `sql` must be a literal: it is the key of the prepared statement.
  Query query(const char* sql);
  /// Several statements without parameters.
  void execute(const char* sql);
  std::int64_t last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
  std::int64_t changes() const { return sqlite3_changes(handle_.get()); }
  sqlite3* handle() { return handle_.get(); }

private:
  DatabaseHandle handle_;
  std::unordered_map<const char*, StatementHandle> statements_;
};

/// Rolls back unless committed.
class Transaction {
public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  void commit();

private:
  Connection& connection_;
  bool done_ = false;
};

/// One writer at a time, readers beside it (WAL).
class Database {
public:
  Database(std::filesystem::path file, bool read_only);

  template <class Use>
  auto read(Use&& use) {
    Lease lease(*this);
    return use(*lease.connection);
  }
  /// In a transaction, committed when `use` returns.
  template <class Use>
  auto write(Use&& use) {
    const std::lock_guard guard(write_mutex_);
    if (!writer_) writer_ = std::make_unique<Connection>(file_, false);
    Transaction transaction(*writer_);
    if constexpr (std::is_void_v<decltype(use(*writer_))>) {
      use(*writer_);
      transaction.commit();
    } else {
      auto result = use(*writer_);
      transaction.commit();
      return result;
    }
  }

private:
  struct Lease {
    explicit Lease(Database& d);
    ~Lease();
    Database& database;
    std::unique_ptr<Connection> connection;
  };
  std::filesystem::path file_;
  bool read_only_;
  std::mutex read_mutex_;
  std::vector<std::unique_ptr<Connection>> idle_readers_;
  std::mutex write_mutex_;
  std::unique_ptr<Connection> writer_;
};

}  // namespace mhub::serve
