#include <fmt/format.h>

#include <mhub/base/error.hpp>

#include "catalog/discussions.hpp"
#include "catalog/schema.hpp"
#include "http/message.hpp"

namespace mhub::serve {

namespace {

using wire::DiscussionStatus;
using Kind = wire::DiscussionEvent::Kind;

/// Queries tell what is settled by this order.
static_assert(DiscussionStatus::open < DiscussionStatus::closed &&
              static_cast<int>(DiscussionStatus::open) == 1);

Discussion discussion_from(const Query& row) {
  Discussion discussion;
  discussion.repo = row.integer(0);
  discussion.number = row.integer(1);
  discussion.title = row.text(2);
  discussion.status = static_cast<DiscussionStatus>(row.integer(3));
  discussion.is_pull_request = row.integer(4) != 0;
  if (!row.is_null(5)) discussion.author_id = row.integer(5);
  discussion.author = row.text(6);
  discussion.created_unix_s = row.integer(7);
  discussion.target_ref = row.text(8);
  discussion.base = row.text(9);
  discussion.head = row.text(10);
  discussion.merge_commit = row.text(11);
  return discussion;
}

StoredEvent event_from(const Query& row) {
  StoredEvent stored;
  stored.id = row.integer(0);
  if (!row.is_null(1)) stored.author_id = row.integer(1);
  stored.event.id = fmt::format("{:024x}", stored.id);
  stored.event.author = row.text(2);
  stored.event.kind = static_cast<Kind>(row.integer(3));
  stored.event.created_at = timestamp(row.integer(4));
  stored.event.text = row.text(5);
  stored.event.detail = row.text(6);
  stored.event.is_hidden = row.integer(7) != 0;
  stored.event.edits = static_cast<std::uint32_t>(row.integer(8));
  stored.event.edited_at = row.is_null(9) ? std::string() : timestamp(row.integer(9));
  stored.event.editor = row.text(10);
  return stored;
}

/// From the columns event_id, author's name, written, text.
wire::CommentVersion version_from(const Query& row) {
  return {row.text(1), timestamp(row.integer(2)), row.text(3)};
}

std::optional<StoredEvent> read_event(Connection& db, const Discussion& discussion,
                                      std::int64_t id) {
  Query row(
      db,
      "SELECT e.id, e.author_id, u.name, e.kind, e.created, e.text, e.detail, e.hidden, e.edits,"
      " e.edited, editor.name FROM discussion_events e LEFT JOIN users u ON u.id=e.author_id"
      " LEFT JOIN users editor ON editor.id=e.editor_id"
      " WHERE e.id=? AND e.repo_id=? AND e.number=?",
      id, discussion.repo, discussion.number);
  if (!row.next()) return std::nullopt;
  StoredEvent stored = event_from(row);
  Query version(db,
                "SELECT x.event_id, u.name, x.written, x.text FROM discussion_edits x"
                " LEFT JOIN users u ON u.id=x.author_id WHERE x.event_id=? ORDER BY x.id",
                id);
  while (version.next()) stored.event.history.push_back(version_from(version));
  return stored;
}

/// Takes room for an event with that much text. False if there is none left.
bool take_room(Connection& db, const Discussion& discussion, std::size_t text_bytes) {
  db.run(
      "UPDATE discussions SET events=events+1, text_bytes=text_bytes+?"
      " WHERE repo_id=? AND number=? AND events<? AND text_bytes+?<=?",
      text_bytes, discussion.repo, discussion.number, kEventsPerDiscussion, text_bytes,
      kTextBytesPerDiscussion);
  return db.changes() > 0;
}

[[noreturn]] void refuse_full() {
  throw Error(ErrorKind::conflict, "this discussion has no room for more; open another one");
}

std::int64_t insert_event(Connection& db, const Discussion& discussion, Kind kind,
                          std::optional<std::int64_t> who, std::string_view text,
                          std::string_view detail) {
  db.run(
      "INSERT INTO discussion_events(repo_id, number, kind, author_id, created, text, detail,"
      " hidden, edits) VALUES(?,?,?,?,?,?,?,0,0)",
      discussion.repo, discussion.number, static_cast<int>(kind), who, unix_now(), text, detail);
  return db.last_id();
}

StoredEvent add_event(Connection& db, const Discussion& discussion, Kind kind, std::int64_t who,
                      std::string_view text, std::string_view detail = {}) {
  if (!take_room(db, discussion, text.size() + detail.size())) refuse_full();
  const std::optional<std::int64_t> author = who;
  return *read_event(db, discussion, insert_event(db, discussion, kind, author, text, detail));
}

class SqliteDiscussions : public Discussions {
public:
  explicit SqliteDiscussions(std::shared_ptr<Database> database) : db_(std::move(database)) {}

  std::int64_t last_number(std::int64_t repo) override {
    return db_->read([&](Connection& db) {
      return db.number("SELECT max(number) FROM discussions WHERE repo_id=?", repo);
    });
  }

  void open(const Discussion& discussion, const std::string& text) override {
    if (discussion.number > kDiscussionsPerRepo)
      throw Error(ErrorKind::conflict, "the repository has no room for more discussions");
    db_->write([&](Connection& db) {
      db.run(
          "INSERT INTO discussions(repo_id, number, title, status, pull, author_id, created,"
          " target, base, head, merged, events, text_bytes) VALUES(?,?,?,?,?,?,?,?,?,?,'',0,0)",
          discussion.repo, discussion.number, discussion.title, static_cast<int>(discussion.status),
          discussion.is_pull_request, discussion.author_id, unix_now(), discussion.target_ref,
          discussion.base, discussion.head);
      if (text.empty()) return;
      if (!take_room(db, discussion, text.size())) refuse_full();
      insert_event(db, discussion, Kind::comment, discussion.author_id, text, {});
    });
  }

  std::optional<Discussion> find(std::int64_t repo, std::int64_t number) override {
    return db_->read([&](Connection& db) -> std::optional<Discussion> {
      Query row(
          db,
          "SELECT d.repo_id, d.number, d.title, d.status, d.pull, d.author_id, u.name, d.created,"
          " d.target, d.base, d.head, d.merged FROM discussions d"
          " LEFT JOIN users u ON u.id=d.author_id WHERE d.repo_id=? AND d.number=?",
          repo, number);
      if (!row.next()) return std::nullopt;
      return discussion_from(row);
    });
  }

  bool has_open_pull_request(std::int64_t repo, std::int64_t author) override {
    return db_->read([&](Connection& db) {
      return db.number(
                 "SELECT 1 FROM discussions WHERE author_id=? AND repo_id=? AND pull=1 AND "
                 "status<=1",
                 author, repo) != 0;
    });
  }

  DiscussionList list(std::int64_t repo, const DiscussionFilter& filter) override {
    const auto asked = [](const std::optional<bool>& value) { return value ? int{*value} : -1; };
    const int pull = asked(filter.is_pull_request);
    const int settled = asked(filter.is_settled);
    const std::string author = lower_case(filter.author);
    return db_->read([&](Connection& db) {
      DiscussionList list;
      list.count = static_cast<std::uint64_t>(
          db.number("SELECT count(*) FROM discussions d LEFT JOIN users u ON u.id=d.author_id"
                    " WHERE d.repo_id=?1 AND (?2<0 OR d.pull=?2) AND (?3<0 OR (d.status>1)=?3)"
                    " AND (?4='' OR u.name_key=?4)",
                    repo, pull, settled, author));
      Query row(
          db,
          "SELECT d.repo_id, d.number, d.title, d.status, d.pull, d.author_id, u.name, d.created,"
          " d.target, d.base, d.head, d.merged FROM discussions d"
          " LEFT JOIN users u ON u.id=d.author_id"
          " WHERE d.repo_id=?1 AND (?2<0 OR d.pull=?2) AND (?3<0 OR (d.status>1)=?3)"
          " AND (?4='' OR u.name_key=?4) ORDER BY d.number DESC LIMIT ?5 OFFSET ?6",
          repo, pull, settled, author, filter.limit, filter.offset);
      while (row.next()) list.entries.push_back(discussion_from(row));
      return list;
    });
  }

  std::vector<StoredEvent> events(const Discussion& discussion) override {
    return db_->read([&](Connection& db) {
      std::vector<StoredEvent> events;
      Query row(
          db,
          "SELECT e.id, e.author_id, u.name, e.kind, e.created, e.text, e.detail, e.hidden,"
          " e.edits, e.edited, editor.name FROM discussion_events e"
          " LEFT JOIN users u ON u.id=e.author_id LEFT JOIN users editor ON editor.id=e.editor_id"
          " WHERE e.repo_id=? AND e.number=? ORDER BY e.id",
          discussion.repo, discussion.number);
      while (row.next()) events.push_back(event_from(row));
      Query version(
          db,
          "SELECT x.event_id, u.name, x.written, x.text FROM discussion_edits x"
          " JOIN discussion_events e ON e.id=x.event_id LEFT JOIN users u ON u.id=x.author_id"
          " WHERE e.repo_id=? AND e.number=? ORDER BY x.event_id, x.id",
          discussion.repo, discussion.number);
      auto event = events.begin();
      while (version.next()) {
        // Both are in order of events.
        while (event != events.end() && event->id < version.integer(0)) ++event;
        if (event == events.end()) break;
        if (event->id == version.integer(0)) event->event.history.push_back(version_from(version));
      }
      return events;
    });
  }

  std::optional<StoredEvent> find_event(const Discussion& discussion, std::int64_t id) override {
    return db_->read([&](Connection& db) { return read_event(db, discussion, id); });
  }

  StoredEvent add_comment(const Discussion& discussion, std::int64_t who,
                          const std::string& text) override {
    return db_->write(
        [&](Connection& db) { return add_event(db, discussion, Kind::comment, who, text); });
  }

  std::optional<StoredEvent> edit_comment(const Discussion& discussion, std::int64_t id,
                                          std::int64_t who, const std::string& text) override {
    return db_->write([&](Connection& db) -> std::optional<StoredEvent> {
      const auto before = read_event(db, discussion, id);
      if (!before || before->event.kind != Kind::comment || before->event.is_hidden)
        return std::nullopt;
      if (!take_room(db, discussion, text.size())) refuse_full();
      db.run(
          "INSERT INTO discussion_edits(event_id, author_id, written, text)"
          " SELECT id, CASE WHEN edits>0 THEN editor_id ELSE author_id END,"
          " coalesce(edited, created), text FROM discussion_events WHERE id=?",
          id);
      db.run("UPDATE discussion_events SET text=?, edits=edits+1, edited=?, editor_id=? WHERE id=?",
             text, unix_now(), who, id);
      return read_event(db, discussion, id);
    });
  }

  std::optional<StoredEvent> hide_comment(const Discussion& discussion, std::int64_t id) override {
    return db_->write([&](Connection& db) -> std::optional<StoredEvent> {
      const auto before = read_event(db, discussion, id);
      if (!before || before->event.kind != Kind::comment) return std::nullopt;
      std::uint64_t bytes = before->event.text.size();
      for (const wire::CommentVersion& version : before->event.history)
        bytes += version.text.size();
      db.run("UPDATE discussions SET text_bytes=text_bytes-? WHERE repo_id=? AND number=?", bytes,
             discussion.repo, discussion.number);
      db.run("DELETE FROM discussion_edits WHERE event_id=?", id);
      db.run("UPDATE discussion_events SET text='', hidden=1 WHERE id=?", id);
      return read_event(db, discussion, id);
    });
  }

  StoredEvent rename(const Discussion& discussion, std::int64_t who,
                     const std::string& title) override {
    return db_->write([&](Connection& db) {
      std::string before;
      {
        Query row(db, "SELECT title FROM discussions WHERE repo_id=? AND number=?", discussion.repo,
                  discussion.number);
        if (row.next()) before = row.text(0);
      }
      auto event = add_event(db, discussion, Kind::title_change, who, title, before);
      db.run("UPDATE discussions SET title=? WHERE repo_id=? AND number=?", title, discussion.repo,
             discussion.number);
      return event;
    });
  }

  std::optional<StoredEvent> set_status(const Discussion& discussion, std::int64_t who,
                                        DiscussionStatus status,
                                        const std::string& comment) override {
    return db_->write([&](Connection& db) -> std::optional<StoredEvent> {
      db.run("UPDATE discussions SET status=? WHERE repo_id=? AND number=? AND status=?",
             static_cast<int>(status), discussion.repo, discussion.number,
             static_cast<int>(discussion.status));
      if (db.changes() == 0) return std::nullopt;
      if (!comment.empty()) add_event(db, discussion, Kind::comment, who, comment);
      // However full: else who fills a discussion, by a long push too, keeps it open for good.
      if (!take_room(db, discussion, wire::name_of(status).size()) &&
          status != DiscussionStatus::closed)
        refuse_full();
      return read_event(
          db, discussion,
          insert_event(db, discussion, Kind::status_change, who, wire::name_of(status), {}));
    });
  }

  std::optional<StoredEvent> set_merged(const Discussion& discussion, std::int64_t who,
                                        const std::string& comment) override {
    return db_->write([&](Connection& db) -> std::optional<StoredEvent> {
      db.run(
          "UPDATE discussions SET status=?, base=?, merged=?"
          " WHERE repo_id=? AND number=? AND status=?",
          static_cast<int>(DiscussionStatus::merged), discussion.base, discussion.merge_commit,
          discussion.repo, discussion.number, static_cast<int>(discussion.status));
      if (db.changes() == 0) return std::nullopt;
      // The branch has moved: this is told however full the discussion is.
      if (!comment.empty() && take_room(db, discussion, comment.size()))
        insert_event(db, discussion, Kind::comment, who, comment, {});
      return read_event(db, discussion,
                        insert_event(db, discussion, Kind::status_change, who,
                                     wire::name_of(DiscussionStatus::merged), {}));
    });
  }

  void add_commits(const Discussion& discussion, std::optional<std::int64_t> who,
                   const std::string& head,
                   const std::vector<PullRequestCommit>& commits) override {
    db_->write([&](Connection& db) {
      db.run("UPDATE discussions SET head=? WHERE repo_id=? AND number=? AND head=?", head,
             discussion.repo, discussion.number, discussion.head);
      if (db.changes() == 0) return;
      for (const PullRequestCommit& commit : commits) {
        // The commits themselves are in git, and are not refused for want of room here.
        if (!take_room(db, discussion, commit.subject.size() + commit.id.size())) return;
        insert_event(db, discussion, Kind::commit, who, commit.subject, commit.id);
      }
    });
  }

private:
  std::shared_ptr<Database> db_;
};

}  // namespace

std::unique_ptr<Discussions> sqlite_discussions(std::shared_ptr<Database> database) {
  return std::make_unique<SqliteDiscussions>(std::move(database));
}

}  // namespace mhub::serve
