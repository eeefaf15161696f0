#pragma once
// SQLite behind owners: connections, cached statements, transactions. One connection writes, under
// a lock; any number of threads read, each through a connection of its own.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include <mhub/base/bytes.hpp>

struct sqlite3;

namespace mhub::sqlite {

struct Options {
  std::string subject;        ///< what the file is, as messages call it: "the index"
  bool durable = true;        ///< every commit waits for the medium
  bool read_only = false;     ///< the file must exist; Database::write() is refused
  bool foreign_keys = false;  ///< rows are held to what their tables say of REFERENCES
  std::chrono::milliseconds patience{30'000};  ///< with another process that writes
};

/// One connection to one database file; one thread at a time. Throws Error: io, busy, corrupt, and
/// conflict where a row breaks a rule of uniqueness or a foreign key (its message names no path).
class Connection {
public:
  /// In WAL mode. `may_write` creates the file if need be.
  Connection(const std::filesystem::path& path, const Options& options, bool may_write);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// One statement without rows, as a Query.
  template <class... Values>
  void run(std::string_view sql, const Values&... values);
  /// The first column of the first row, as a Query; 0 without rows.
  template <class... Values>
  std::int64_t number(std::string_view sql, const Values&... values);
  /// Statements without rows and parameters, separated by semicolons. They are not kept.
  void execute(const std::string& sql);

  /// Of the row that was inserted last.
  std::int64_t last_id() const;
  /// Rows that the last INSERT, UPDATE or DELETE has touched.
  std::int64_t changes() const;
  bool in_transaction() const;

private:
  friend class Query;
  struct Statement;
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  /// Ends a run: the statement may be run again.
  struct Release {
    void operator()(Statement* statement) const noexcept;
  };
  using Run = std::unique_ptr<Statement, Release>;
  Run start(std::string_view sql);
  [[noreturn]] void fail(int code) const;

  const std::filesystem::path path_;
  const std::string subject_;
  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<std::string_view, std::unique_ptr<Statement>> statements_;
};

/// One run of a statement, which its connection keeps prepared. `sql` must live as long as the
/// connection (a literal); the same text may not be run inside itself. Values are integers, bool,
/// texts, ByteView, and std::optional of these (NULL without one); they are copied. Throws Error as
/// its connection.
class Query {
public:
  template <class... Values>
  Query(Connection& connection, std::string_view sql, const Values&... values)
      : connection_(connection), statement_(connection.start(sql)) {
    (bind(values), ...);
  }

  /// Moves to the next row; false after the last.
  bool next();
  /// For statements without rows.
  void run();

  std::int64_t integer(int column) const;
  /// Valid until next(); empty for NULL.
  ByteView blob(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;

private:
  void bind(std::int64_t value);
  void bind(std::string_view value);
  void bind(ByteView value);
  void bind(std::nullopt_t null);
  template <std::integral Value>
  void bind(Value value) {
    bind(static_cast<std::int64_t>(value));
  }
  template <class Value>
  void bind(const std::optional<Value>& value) {
    if (value)
      bind(*value);
    else
      bind(std::nullopt);
  }
  void check(int code) const;

  Connection& connection_;
  Connection::Run statement_;
  int bound_ = 0;
};

template <class... Values>
void Connection::run(std::string_view sql, const Values&... values) {
  Query(*this, sql, values...).run();
}

template <class... Values>
std::int64_t Connection::number(std::string_view sql, const Values&... values) {
  Query query(*this, sql, values...);
  return query.next() ? query.integer(0) : 0;
}

/// Rolls back unless committed. What SQLite has rolled back by itself (on a full disk) stays so.
class Transaction {
public:
  /// `begin` is a literal: "BEGIN", "BEGIN IMMEDIATE".
  Transaction(Connection& connection, std::string_view begin);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

private:
  Connection& connection_;
};

/// Threads may share it.
class Database {
public:
  /// Creates the file if it is not there. Throws Error: io, corrupt, busy.
  Database(std::filesystem::path path, Options options);

  /// Runs `work` in a write transaction (BEGIN IMMEDIATE), committed when it returns and rolled
  /// back when it throws. Not to be nested. Throws Error: busy when another process writes for too
  /// long, internal where the database was opened read_only.
  template <class Work>
  auto write(Work&& work) {
    const std::lock_guard guard(writing_);
    Connection& connection = writer();
    Transaction transaction(connection, "BEGIN IMMEDIATE");
    if constexpr (std::is_void_v<std::invoke_result_t<Work, Connection&>>) {
      work(connection);
      transaction.commit();
    } else {
      auto result = work(connection);
      transaction.commit();
      return result;
    }
  }

  /// Runs `work` on a snapshot, which it cannot write to. May be nested (each level has a
  /// connection of its own), in write() too.
  template <class Work>
  decltype(auto) read(Work&& work) {
    const Lease lease(*this);
    const Transaction snapshot(*lease.connection, "BEGIN");
    return work(*lease.connection);
  }

private:
  struct Lease {
    explicit Lease(Database& d);
    ~Lease();
    Database& database;
    std::unique_ptr<Connection> connection;
  };
  Connection& writer();

  const std::filesystem::path path_;
  const Options options_;
  std::mutex writing_;
  std::unique_ptr<Connection> writer_;
  std::mutex idle_lock_;
  std::vector<std::unique_ptr<Connection>> idle_readers_;
};

}  // namespace mhub::sqlite
