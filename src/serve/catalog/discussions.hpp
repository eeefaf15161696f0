#pragma once
// Discussions and pull requests of repositories, and what happened in them. A pull request's
// commits are git's (refs/pr/N); here stand its number, its words and how far they tell of it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mhub/sqlite/database.hpp>
#include <mhub/wire/hub_discussions.hpp>

namespace mhub::serve {

/// Bounds on what one repository and one discussion hold.
inline constexpr std::int64_t kDiscussionsPerRepo = 100'000;
inline constexpr std::int64_t kEventsPerDiscussion = 5'000;
inline constexpr std::int64_t kTextBytesPerDiscussion = 2 << 20;

struct Discussion {
  std::int64_t repo = 0;
  std::int64_t number = 0;
  std::string title;
  wire::DiscussionStatus status = wire::DiscussionStatus::open;
  bool is_pull_request = false;
  std::optional<std::int64_t> author_id;  ///< nothing: the user is gone
  std::string author;
  std::int64_t created_unix_s = 0;
  // Pull requests alone, commits in hexadecimal:
  std::string target_ref;  ///< "refs/heads/main"
  /// What the proposal is made on: where it began, and once merged what it had in common with the
  /// target.
  std::string base;
  std::string head;          ///< the last commit that events tell of
  std::string merge_commit;  ///< what the target became; empty unless merged

  bool is_settled() const {
    return status == wire::DiscussionStatus::closed || status == wire::DiscussionStatus::merged;
  }
};

struct StoredEvent {
  std::int64_t id = 0;
  std::optional<std::int64_t> author_id;
  wire::DiscussionEvent event;
};

struct PullRequestCommit {
  std::string id;  ///< hexadecimal
  std::string subject;
};

struct DiscussionFilter {
  std::optional<bool> is_pull_request;
  std::optional<bool> is_settled;  ///< closed or merged; else open or a draft
  std::string author;              ///< empty: everybody's
  std::size_t limit = 50;
  std::uint64_t offset = 0;
};
struct DiscussionList {
  std::vector<Discussion> entries;  ///< newest first
  std::uint64_t count = 0;          ///< without limit and offset
};

/// Threads and processes may share it. `who` is a user's id. Throws Error: io, corrupt, busy, and
/// conflict where a bound is reached.
class Discussions {
public:
  virtual ~Discussions() = default;

  /// The highest number so far; 0 before the first.
  virtual std::int64_t last_number(std::int64_t repo) = 0;
  /// Also writes the first comment, if there is a text. Throws Error: conflict if the number is
  /// taken.
  virtual void open(const Discussion& discussion, const std::string& text) = 0;
  virtual std::optional<Discussion> find(std::int64_t repo, std::int64_t number) = 0;
  /// True if there is one of that user's that is neither closed nor merged.
  virtual bool has_open_pull_request(std::int64_t repo, std::int64_t author) = 0;
  virtual DiscussionList list(std::int64_t repo, const DiscussionFilter& filter) = 0;
  /// Oldest first.
  virtual std::vector<StoredEvent> events(const Discussion& discussion) = 0;
  virtual std::optional<StoredEvent> find_event(const Discussion& discussion, std::int64_t id) = 0;

  virtual StoredEvent add_comment(const Discussion& discussion, std::int64_t who,
                                  const std::string& text) = 0;
  /// What it said before is kept, and takes up room with it. Nothing if `id` is no comment of it,
  /// or a hidden one.
  virtual std::optional<StoredEvent> edit_comment(const Discussion& discussion, std::int64_t id,
                                                  std::int64_t who, const std::string& text) = 0;
  /// The text is gone for good, with what it was before edits. Nothing if `id` is no comment of it.
  virtual std::optional<StoredEvent> hide_comment(const Discussion& discussion,
                                                  std::int64_t id) = 0;
  virtual StoredEvent rename(const Discussion& discussion, std::int64_t who,
                             const std::string& title) = 0;
  /// Nothing, and nothing changed, unless the status still is that of `discussion`.
  virtual std::optional<StoredEvent> set_status(const Discussion& discussion, std::int64_t who,
                                                wire::DiscussionStatus status,
                                                const std::string& comment) = 0;
  /// The same for a merge, which `discussion` tells base and merge commit of.
  virtual std::optional<StoredEvent> set_merged(const Discussion& discussion, std::int64_t who,
                                                const std::string& comment) = 0;
  /// Tells of commits up to `head`, oldest first, as many as there is room for. Does nothing unless
  /// the head still is that of `discussion`. Without `who` nobody knows who sent them.
  virtual void add_commits(const Discussion& discussion, std::optional<std::int64_t> who,
                           const std::string& head,
                           const std::vector<PullRequestCommit>& commits) = 0;
};

/// Over an open catalog.db (schema.hpp).
std::unique_ptr<Discussions> sqlite_discussions(std::shared_ptr<sqlite::Database> database);

}  // namespace mhub::serve
