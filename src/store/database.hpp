#pragma once
// SQLite behind owners: connections, cached statements, transactions. One connection writes, under
// a lock; any number of threads read, each through a connection of its own.

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <mhub/base/bytes.hpp>

struct sqlite3;
struct sqlite3_stmt;

namespace mhub::store {

/// One connection to one database file; one thread at a time.
class Connection {
public:
  /// Opens or creates `path` in WAL mode. `durable` makes every commit wait for the medium. Throws
  /// Error: io, corrupt, busy.
  Connection(const std::filesystem::path& path, bool durable, bool read_only);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs statements that return nothing; separated by semicolons.
  void run(const char* sql);
  /// The single integer that `sql` yields.
  std::int64_t number(const char* sql);
  std::int64_t last_insert_id() const;

private:
  friend class Query;
  struct Prepared;
  Prepared& prepared(std::string_view sql);
  [[noreturn]] void fail(int code, std::string_view doing) const;

  std::filesystem::path path_;
  sqlite3* handle_ = nullptr;
  std::unordered_map<std::string_view, std::unique_ptr<Prepared>> statements_;
};

/// One run of a cached statement. `sql` must live as long as the connection (a literal). Resets the
/// statement when it goes; the same text may not be run inside itself.
class Query {
public:
  template <class... Values>
  Query(Connection& connection, std::string_view sql, const Values&... values)
      : Query(connection, sql, std::nullopt) {
    (bind(values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Moves to the next row; false after the last. Throws Error: io, busy, corrupt.
  bool step();
  /// For statements without rows.
  void run();

  std::int64_t integer(int column) const;
  /// Valid until the next step(); empty for NULL.
  ByteView blob(int column) const;
  std::string text(int column) const;

private:
  Query(Connection& connection, std::string_view sql, std::nullopt_t);
  void bind(std::int64_t value);
  void bind(std::uint64_t value) { bind(static_cast<std::int64_t>(value)); }
  void bind(int value) { bind(std::int64_t{value}); }
  void bind(bool value) { bind(std::int64_t{value}); }
  void bind(std::uint32_t value) { bind(std::int64_t{value}); }
  void bind(ByteView value);  // not copied: must live until the query is done
  void bind(std::string_view value);

  Connection& connection_;
  Connection::Prepared& statement_;
  int bound_ = 0;
};

/// Threads may share it.
class Database {
public:
  Database(std::filesystem::path path, bool durable);
  ~Database();

  /// Runs `work` in a write transaction (BEGIN IMMEDIATE), committed when it returns and rolled
  /// back when it throws. Not to be nested. Throws Error: busy when another process writes for too
  /// long.
  template <class Work>
  decltype(auto) write(Work&& work) {
    const std::lock_guard guard(writing_);
    Transaction transaction(*writer_);
    if constexpr (std::is_void_v<std::invoke_result_t<Work, Connection&>>) {
      work(*writer_);
      transaction.commit();
    } else {
      auto result = work(*writer_);
      transaction.commit();
      return result;
    }
  }

  /// Runs `work` on a snapshot. May be nested (each level has a connection of its own).
  template <class Work>
  decltype(auto) read(Work&& work) {
    const Lease lease(*this);
    return work(lease.connection());
  }

private:
  class Transaction {
  public:
    explicit Transaction(Connection& connection);
    ~Transaction();
    void commit();

  private:
    Connection& connection_;
    bool open_ = true;
  };
  class Lease {
  public:
    explicit Lease(Database& database);
    ~Lease();
    Connection& connection() const { return *connection_; }

  private:
    Database& database_;
    std::unique_ptr<Connection> connection_;
  };

  const std::filesystem::path path_;
  const bool durable_;
  std::mutex writing_;
  std::unique_ptr<Connection> writer_;
  std::mutex idle_lock_;
  std::vector<std::unique_ptr<Connection>> idle_readers_;
};

}  // namespace mhub::store
