#pragma once
// Discussions and pull requests of a repository: bodies and answers of
// /api/{type}/{repo}/discussions and what lies below, in the shapes of Hugging Face's API.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/wire/repo_name.hpp>

namespace mhub::wire {

/// Longest texts that are taken, in bytes.
inline constexpr std::size_t kDiscussionTitleMaxBytes = 1000;
inline constexpr std::size_t kDiscussionTextMaxBytes = 65536;

/// A pull request begins as a draft, unless a commit made it. Only a pull request can be merged,
/// and stays so.
enum class DiscussionStatus { draft, open, closed, merged };
/// "draft", "open", "closed", "merged".
std::string_view name_of(DiscussionStatus status);

struct DiscussionSummary {
  RepoName repo = {};
  std::int64_t number = 0;  ///< from 1, shared by both kinds within a repository
  std::string title = {};
  DiscussionStatus status = DiscussionStatus::open;
  bool is_pull_request = false;
  std::string author = {};      ///< empty: a user who is gone
  std::string created_at = {};  ///< "2026-01-31T12:00:00.000Z", as all times here
};

struct DiscussionPage {
  std::vector<DiscussionSummary> entries = {};
  std::uint64_t start = 0;  ///< how many stand on the pages before
  std::uint64_t count = 0;  ///< on all pages together
};
std::string to_json(const DiscussionPage& page);

/// What a comment said before an edit.
struct CommentVersion {
  std::string author = {};  ///< who wrote it so; empty: gone
  std::string written_at = {};
  std::string text = {};
};

struct DiscussionEvent {
  enum class Kind { comment, status_change, commit, title_change };
  std::string id = {};  ///< hexadecimal, lower case
  Kind kind = Kind::comment;
  std::string author = {};  ///< empty: unknown, or gone
  std::string created_at = {};
  /// What was written, the new status, the commit's first line, the new title.
  std::string text = {};
  /// The commit's id, the old title.
  std::string detail = {};
  // Comments alone:
  bool is_hidden = false;  ///< `text` is empty for good
  std::uint32_t edits = 0;
  std::string edited_at = {};  ///< empty if there are no edits
  std::string editor = {};
  /// One for each edit, oldest first; not read by clients, and empty once hidden.
  std::vector<CommentVersion> history = {};
};

/// What is asked for with a pull request.
struct PullRequestState {
  std::string base = {};          ///< "refs/heads/main"
  std::string merge_commit = {};  ///< empty unless merged
  std::string diff = {};
  std::vector<std::string> conflicts = {};  ///< paths
};

struct DiscussionDetails {
  DiscussionSummary summary = {};
  std::vector<DiscussionEvent> events = {};           ///< oldest first
  std::optional<PullRequestState> pull_request = {};  ///< set for a pull request
};
std::string to_json(const DiscussionDetails& details);

/// The answer to a change: one event below the name that clients look for.
std::string event_to_json(std::string_view name, const DiscussionEvent& event);

struct NewDiscussionRequest {
  std::string title = {};
  std::string description = {};  ///< may be empty
  bool is_pull_request = false;
};
/// These throw Error: corrupt. Texts are not empty and hold no NUL; titles are one line without
/// space at their ends.
NewDiscussionRequest parse_new_discussion_request(std::string_view json);
std::string parse_discussion_comment(std::string_view json);
std::string parse_discussion_comment_edit(std::string_view json);
std::string parse_discussion_title(std::string_view json);

struct DiscussionStatusRequest {
  bool is_open = false;      ///< else closed; there is nothing else to ask for
  std::string comment = {};  ///< may be empty
};
DiscussionStatusRequest parse_discussion_status_request(std::string_view json);
/// The comment, which may be empty; so may the body.
std::string parse_discussion_merge_request(std::string_view json);

struct NewDiscussionAnswer {
  std::int64_t number = 0;
  std::string url = {};
  bool is_pull_request = false;
};
std::string to_json(const NewDiscussionAnswer& answer);

/// A title made of text from elsewhere: its first line, cut to the bound. Empty if that is.
std::string discussion_title_from(std::string_view text);
/// Text cut to `max_bytes` or less, between characters.
std::string_view cut_text(std::string_view text, std::size_t max_bytes);

}  // namespace mhub::wire
