#include <mhub/base/error.hpp>

#include "catalog/organisations.hpp"
#include "catalog/schema.hpp"
#include "http/message.hpp"

namespace mhub::serve {

namespace {

OrganisationInfo organisation_from(const Query& row) {
  return {row.integer(0), row.text(1), row.integer(2)};
}

class SqliteOrganisations : public Organisations {
public:
  explicit SqliteOrganisations(std::shared_ptr<Database> database) : db_(std::move(database)) {}

  OrganisationInfo create(const std::string& name) override {
    OrganisationInfo organisation{0, name, unix_now()};
    organisation.id = db_->write([&](Connection& db) {
      if (db.number("SELECT 1 FROM users WHERE name_key=?", lower_case(name)) != 0)
        throw Error(ErrorKind::conflict, "{} is the name of a user", name);
      db.run("INSERT INTO organisations(name, name_key, created) VALUES(?,?,?)", name,
             lower_case(name), organisation.created_unix_s);
      return db.last_id();
    });
    return organisation;
  }

  std::optional<OrganisationInfo> find(const std::string& name) override {
    return db_->read([&](Connection& db) -> std::optional<OrganisationInfo> {
      Query row(db, "SELECT id, name, created FROM organisations WHERE name_key=?",
                lower_case(name));
      if (!row.next()) return std::nullopt;
      return organisation_from(row);
    });
  }

  std::vector<OrganisationInfo> list() override {
    return db_->read([&](Connection& db) {
      std::vector<OrganisationInfo> organisations;
      Query row(db, "SELECT id, name, created FROM organisations ORDER BY name_key");
      while (row.next()) organisations.push_back(organisation_from(row));
      return organisations;
    });
  }

  void remove(std::int64_t id) override {
    db_->write([&](Connection& db) {
      db.run(
          "DELETE FROM token_places WHERE repo_id IS NULL AND owner_key="
          "(SELECT name_key FROM organisations WHERE id=?)",
          id);
      db.run("DELETE FROM organisations WHERE id=?", id);
    });
  }

  std::vector<OrganisationMember> members(std::int64_t id, const std::string& after,
                                          std::size_t limit) override {
    return db_->read([&](Connection& db) {
      std::vector<OrganisationMember> members;
      Query row(db,
                "SELECT u.name, m.role FROM organisation_members m JOIN users u ON u.id=m.user_id "
                "WHERE m.organisation_id=? AND u.name_key>? ORDER BY u.name_key LIMIT ?",
                id, lower_case(after), limit);
      while (row.next()) members.push_back({row.text(0), static_cast<MemberRole>(row.integer(1))});
      return members;
    });
  }

  std::uint64_t count_members(std::int64_t id) override {
    return db_->read([&](Connection& db) {
      return static_cast<std::uint64_t>(
          db.number("SELECT COUNT(*) FROM organisation_members WHERE organisation_id=?", id));
    });
  }

  void set_member(std::int64_t id, std::int64_t user_id, MemberRole role) override {
    db_->write([&](Connection& db) {
      db.run(
          "INSERT OR REPLACE INTO organisation_members(organisation_id, user_id, role) "
          "VALUES(?,?,?)",
          id, user_id, static_cast<int>(role));
    });
  }

  bool remove_member(std::int64_t id, std::int64_t user_id) override {
    return db_->write([&](Connection& db) {
      db.run("DELETE FROM organisation_members WHERE organisation_id=? AND user_id=?", id, user_id);
      return db.changes() > 0;
    });
  }

private:
  std::shared_ptr<Database> db_;
};

}  // namespace

std::unique_ptr<Organisations> sqlite_organisations(std::shared_ptr<Database> database) {
  return std::make_unique<SqliteOrganisations>(std::move(database));
}

}  // namespace mhub::serve
