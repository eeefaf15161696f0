#include "catalog/schema.hpp"
#include "catalog/webhooks.hpp"
#include "http/message.hpp"

namespace mhub::serve {

namespace {

constexpr const char* kFind =
    "SELECT id, user_id, url, secret, of_repos, of_discussions, disabled FROM webhooks "
    "WHERE user_id=?1 AND (?2=0 OR id=?2) ORDER BY id";
constexpr const char* kWatching =
    "SELECT id, user_id, url, secret, of_repos, of_discussions, disabled FROM webhooks "
    "WHERE NOT disabled AND id IN (SELECT webhook_id FROM webhook_watches "
    "WHERE (type=?1 AND name_key=?2) OR (type IN ('user', 'org') AND name_key=?3)) ORDER BY id";

Webhook webhook_from(Connection& db, const Query& row) {
  Webhook webhook;
  webhook.id = row.integer(0);
  webhook.user_id = row.integer(1);
  webhook.url = row.text(2);
  webhook.secret = row.text(3);
  webhook.of_repos = row.integer(4) != 0;
  webhook.of_discussions = row.integer(5) != 0;
  webhook.is_disabled = row.integer(6) != 0;
  Query watched(db, "SELECT type, name FROM webhook_watches WHERE webhook_id=? ORDER BY rowid",
                webhook.id);
  while (watched.next()) webhook.watched.push_back({watched.text(0), watched.text(1)});
  return webhook;
}

void write_watched(Connection& db, const Webhook& webhook) {
  db.run("DELETE FROM webhook_watches WHERE webhook_id=?", webhook.id);
  for (const WatchedItem& item : webhook.watched) {
    db.run("INSERT INTO webhook_watches(webhook_id, type, name, name_key) VALUES(?,?,?,?)",
           webhook.id, item.type, item.name, lower_case(item.name));
  }
}

std::uint64_t count(Connection& db, const char* sql, std::int64_t id) {
  return static_cast<std::uint64_t>(db.number(sql, id));
}

/// Whether one more message of `bytes` may wait. `sql` counts messages and their bytes.
bool has_room(Connection& db, const char* sql, std::int64_t id, std::uint64_t bytes,
              std::uint64_t at_most, std::uint64_t bytes_at_most) {
  Query row(db, sql, id);
  if (!row.next()) return true;
  const auto waiting = static_cast<std::uint64_t>(row.integer(0));
  const auto waiting_bytes = static_cast<std::uint64_t>(row.integer(1));
  return waiting < at_most && bytes <= bytes_at_most && waiting_bytes <= bytes_at_most - bytes;
}

class SqliteWebhooks : public WebhooksTable {
public:
  explicit SqliteWebhooks(std::shared_ptr<Database> database) : db_(std::move(database)) {}

  std::optional<Webhook> add(const Webhook& webhook) override {
    return db_->write([&](Connection& db) -> std::optional<Webhook> {
      if (count(db, "SELECT count(*) FROM webhooks WHERE user_id=?", webhook.user_id) >=
          kWebhooksOfUser)
        return std::nullopt;
      db.run(
          "INSERT INTO webhooks(user_id, url, secret, of_repos, of_discussions, disabled, "
          "created) VALUES(?,?,?,?,?,?,?)",
          webhook.user_id, webhook.url, webhook.secret, webhook.of_repos, webhook.of_discussions,
          webhook.is_disabled, unix_now());
      Webhook made = webhook;
      made.id = db.last_id();
      write_watched(db, made);
      return made;
    });
  }

  std::optional<Webhook> find(std::int64_t user, std::int64_t id) override {
    if (id <= 0) return std::nullopt;
    return db_->read([&](Connection& db) -> std::optional<Webhook> {
      Query row(db, kFind, user, id);
      if (!row.next()) return std::nullopt;
      return webhook_from(db, row);
    });
  }

  std::vector<Webhook> list(std::int64_t user) override {
    return db_->read([&](Connection& db) {
      std::vector<Webhook> found;
      Query row(db, kFind, user, 0);
      while (row.next()) found.push_back(webhook_from(db, row));
      return found;
    });
  }

  void update(const Webhook& webhook) override {
    db_->write([&](Connection& db) {
      db.run(
          "UPDATE webhooks SET url=?2, secret=?3, of_repos=?4, of_discussions=?5, disabled=?6 "
          "WHERE id=?1",
          webhook.id, webhook.url, webhook.secret, webhook.of_repos, webhook.of_discussions,
          webhook.is_disabled);
      if (db.changes() > 0) write_watched(db, webhook);
    });
  }

  void remove(std::int64_t user, std::int64_t id) override {
    db_->write(
        [&](Connection& db) { db.run("DELETE FROM webhooks WHERE user_id=? AND id=?", user, id); });
  }

  std::vector<Webhook> watching(const wire::RepoName& repo) override {
    return db_->read([&](Connection& db) {
      std::vector<Webhook> found;
      Query row(db, kWatching, wire::name_of(repo.type), lower_case(repo.id()),
                lower_case(repo.owner));
      while (row.next()) found.push_back(webhook_from(db, row));
      return found;
    });
  }

  bool enqueue(std::int64_t webhook, const std::string& body) override {
    return db_->write([&](Connection& db) {
      if (!has_room(db,
                    "SELECT count(*), coalesce(sum(bytes), 0) FROM webhook_deliveries "
                    "WHERE webhook_id=?",
                    webhook, body.size(), kQueuedOfWebhook, kQueuedBytesOfWebhook) ||
          !has_room(db,
                    "SELECT count(*), coalesce(sum(bytes), 0) FROM webhook_deliveries WHERE ?=0", 0,
                    body.size(), kQueuedInAll, kQueuedBytesInAll))
        return false;
      db.run(
          "INSERT INTO webhook_deliveries(webhook_id, body, attempts, due, bytes) "
          "SELECT id, ?2, 0, 0, ?3 FROM webhooks WHERE id=?1",
          webhook, body, body.size());
      return true;
    });
  }

  std::vector<Delivery> take_due(std::int64_t now_unix_s, std::int64_t leased_until_unix_s,
                                 std::size_t limit) override {
    // Seldom is anything due, and a write waits for others.
    const bool is_any_due = db_->read([&](Connection& db) {
      Query row(db,
                "SELECT 1 FROM webhook_deliveries d JOIN webhooks w ON w.id=d.webhook_id "
                "WHERE d.due<=? AND NOT w.disabled LIMIT 1",
                now_unix_s);
      return row.next();
    });
    if (!is_any_due) return {};
    return db_->write([&](Connection& db) {
      std::vector<Delivery> due;
      {
        Query row(db,
                  "SELECT d.id, d.webhook_id, w.url, w.secret, d.body, d.attempts "
                  "FROM webhook_deliveries d JOIN webhooks w ON w.id=d.webhook_id "
                  "WHERE d.due<=? AND NOT w.disabled ORDER BY d.due, d.id LIMIT ?",
                  now_unix_s, limit);
        while (row.next())
          due.push_back({row.integer(0), row.integer(1), row.text(2), row.text(3), row.text(4),
                         static_cast<unsigned>(row.integer(5))});
      }
      for (const Delivery& one : due)
        db.run("UPDATE webhook_deliveries SET due=? WHERE id=?", leased_until_unix_s, one.id);
      return due;
    });
  }

  void drop(std::int64_t delivery) override {
    db_->write(
        [&](Connection& db) { db.run("DELETE FROM webhook_deliveries WHERE id=?", delivery); });
  }

  void put_off(std::int64_t delivery, std::int64_t due_unix_s) override {
    db_->write([&](Connection& db) {
      db.run("UPDATE webhook_deliveries SET attempts=attempts+1, due=? WHERE id=?", due_unix_s,
             delivery);
    });
  }

private:
  std::shared_ptr<Database> db_;
};

}  // namespace

std::unique_ptr<WebhooksTable> sqlite_webhooks(std::shared_ptr<Database> database) {
  return std::make_unique<SqliteWebhooks>(std::move(database));
}

}  // namespace mhub::serve
