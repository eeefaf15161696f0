#include "catalog/access_requests.hpp"
#include "catalog/schema.hpp"
#include "http/message.hpp"

namespace mhub::serve {

namespace {

AccessRequest request_from(const Query& row) {
  return {row.integer(0), row.text(1), static_cast<AccessStatus>(row.integer(2)), row.integer(3)};
}

class SqliteAccessRequests : public AccessRequests {
public:
  explicit SqliteAccessRequests(std::shared_ptr<Database> database) : db_(std::move(database)) {}

  void ask(std::int64_t repo, std::int64_t user_id, AccessStatus status) override {
    db_->write([&](Connection& db) {
      db.run(
          "INSERT OR IGNORE INTO access_requests(repo_id, user_id, status, asked) "
          "VALUES(?,?,?,?)",
          repo, user_id, static_cast<int>(status), unix_now());
    });
  }

  std::optional<AccessRequest> find(std::int64_t repo, std::int64_t user_id) override {
    return db_->read([&](Connection& db) -> std::optional<AccessRequest> {
      Query row(db,
                "SELECT a.id, u.name, a.status, a.asked FROM access_requests a "
                "JOIN users u ON u.id=a.user_id WHERE a.repo_id=? AND a.user_id=?",
                repo, user_id);
      if (!row.next()) return std::nullopt;
      return request_from(row);
    });
  }

  void set_status(std::int64_t repo, std::int64_t user_id, AccessStatus status) override {
    db_->write([&](Connection& db) {
      db.run(
          "INSERT INTO access_requests(repo_id, user_id, status, asked) VALUES(?,?,?,?) "
          "ON CONFLICT(repo_id, user_id) DO UPDATE SET status=excluded.status",
          repo, user_id, static_cast<int>(status), unix_now());
    });
  }

  bool remove(std::int64_t repo, std::int64_t user_id) override {
    return db_->write([&](Connection& db) {
      db.run("DELETE FROM access_requests WHERE repo_id=? AND user_id=?", repo, user_id);
      return db.changes() > 0;
    });
  }

  std::vector<AccessRequest> list(std::int64_t repo, AccessStatus status, std::int64_t after_id,
                                  std::size_t limit) override {
    return db_->read([&](Connection& db) {
      std::vector<AccessRequest> requests;
      Query row(db,
                "SELECT a.id, u.name, a.status, a.asked FROM access_requests a "
                "JOIN users u ON u.id=a.user_id "
                "WHERE a.repo_id=? AND a.status=? AND a.id>? ORDER BY a.id LIMIT ?",
                repo, static_cast<int>(status), after_id, limit);
      while (row.next()) requests.push_back(request_from(row));
      return requests;
    });
  }

private:
  std::shared_ptr<Database> db_;
};

}  // namespace

std::string_view name_of(AccessStatus status) {
  switch (status) {
    case AccessStatus::pending:
      return "pending";
    case AccessStatus::accepted:
      return "accepted";
    case AccessStatus::rejected:
      return "rejected";
  }
  return "";
}

std::optional<AccessStatus> parse_access_status(std::string_view name) {
  for (const auto status :
       {AccessStatus::pending, AccessStatus::accepted, AccessStatus::rejected}) {
    if (name == name_of(status)) return status;
  }
  return std::nullopt;
}

std::unique_ptr<AccessRequests> sqlite_access_requests(std::shared_ptr<Database> database) {
  return std::make_unique<SqliteAccessRequests>(std::move(database));
}

}  // namespace mhub::serve
