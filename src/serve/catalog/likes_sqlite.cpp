#include "catalog/likes.hpp"
#include "catalog/schema.hpp"
#include "catalog/viewer_sql.hpp"
#include "http/message.hpp"

namespace mhub::serve {

namespace {

class SqliteLikes : public LikesTable {
public:
  explicit SqliteLikes(std::shared_ptr<Database> database) : db_(std::move(database)) {}

  void add(std::int64_t user, std::int64_t repo) override {
    db_->write([&](Connection& db) {
      db.run("INSERT INTO likes(user_id, repo_id, created) VALUES(?,?,?) ON CONFLICT DO NOTHING",
             user, repo, unix_now());
    });
  }

  void remove(std::int64_t user, std::int64_t repo) override {
    db_->write([&](Connection& db) {
      db.run("DELETE FROM likes WHERE user_id=? AND repo_id=?", user, repo);
    });
  }

  std::vector<Liker> likers(std::int64_t repo, std::int64_t after_user,
                            std::size_t limit) override {
    return db_->read([&](Connection& db) {
      std::vector<Liker> found;
      Query row(db,
                "SELECT u.id, u.name FROM likes l JOIN users u ON u.id=l.user_id "
                "WHERE l.repo_id=? AND l.user_id>? ORDER BY l.user_id LIMIT ?",
                repo, after_user, limit);
      while (row.next()) found.push_back({row.integer(0), row.text(1)});
      return found;
    });
  }

  std::vector<LikedRepo> likes_of(const Viewer& viewer, std::int64_t user, std::int64_t after_repo,
                                  std::size_t limit) override {
    return db_->read([&](Connection& db) {
      std::vector<LikedRepo> found;
      static const std::string sql =
          "SELECT r.id, r.type, r.owner, r.name, r.private, r.created, l.created FROM likes l "
          "JOIN repos r ON r.id=l.repo_id WHERE l.user_id=?4 AND l.repo_id>?5 AND " +
          visible_sql() + " ORDER BY l.repo_id LIMIT ?6";
      auto row = viewer_query(db, sql, viewer, user, after_repo, limit);
      while (row.next()) {
        LikedRepo liked;
        liked.repo.id = row.integer(0);
        liked.repo.name = {static_cast<wire::RepoType>(row.integer(1)), row.text(2), row.text(3)};
        liked.repo.is_private = row.integer(4) != 0;
        liked.repo.created_unix_s = row.integer(5);
        liked.liked_unix_s = row.integer(6);
        found.push_back(std::move(liked));
      }
      return found;
    });
  }

private:
  std::shared_ptr<Database> db_;
};

}  // namespace

std::unique_ptr<LikesTable> sqlite_likes(std::shared_ptr<Database> database) {
  return std::make_unique<SqliteLikes>(std::move(database));
}

}  // namespace mhub::serve
