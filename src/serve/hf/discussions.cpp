#include "hf/discussions.hpp"

#include <charconv>
#include <mutex>

#include <fmt/format.h>

#include "hf/changes.hpp"
#include "hf/files.hpp"
#include "hf/parameters.hpp"
#include "hf/pull_requests.hpp"
#include "hf/write_target.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

using wire::DiscussionStatus;

constexpr std::size_t kPage = 50;
constexpr std::size_t kPagesAtMost = kDiscussionsPerRepo;
constexpr std::uint64_t kBodyLimitBytes = 512 << 10;

std::optional<std::int64_t> parse_number(std::string_view text, int base) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

Discussion require_discussion(const Call& call) {
  const auto number = parse_number(call.words.at(0), 10);
  auto found = number ? call.hub.discussions->find(call.repo->id, *number) : std::nullopt;
  if (!found) throw Refused(404, "Discussion not found");
  return std::move(*found);
}

/// An event of the discussion, whatever it is.
StoredEvent require_event(const Call& call, const Discussion& discussion) {
  const auto id = parse_number(call.words.at(1), 16);
  auto found = id ? call.hub.discussions->find_event(discussion, *id) : std::nullopt;
  if (!found) throw Refused(404, "Comment not found");
  return std::move(*found);
}

/// Authors, and those who may write the repository.
void require_author(const Call& call, std::optional<std::int64_t> author) {
  if (author == call.who.user->id || call.who.may_write(*call.repo)) return;
  throw Refused(403, "only its author and those who may write to " + call.repo->name.path() +
                         " may change this");
}

wire::DiscussionSummary summary_of(const Call& call, const Discussion& discussion) {
  return {.repo = call.repo->name,
          .number = discussion.number,
          .title = discussion.title,
          .status = discussion.status,
          .is_pull_request = discussion.is_pull_request,
          .author = discussion.author,
          .created_at = timestamp(discussion.created_unix_s)};
}

DiscussionFilter filter_of(const Request& request) {
  DiscussionFilter filter;
  const auto choose = [&](const char* key, const char* yes, const char* no) -> std::optional<bool> {
    const std::string value = request.parameter(key).value_or("");
    if (value.empty() || value == "all") return std::nullopt;
    if (value != yes && value != no)
      throw Refused(400, fmt::format("{} is one of {}, {} and all", key, yes, no));
    return value == yes;
  };
  filter.is_pull_request = choose("type", "pull_request", "discussion");
  filter.is_settled = choose("status", "closed", "open");
  filter.author = request.parameter("author").value_or("");
  filter.limit = kPage;
  filter.offset = std::uint64_t{number(request, "p", 0, kPagesAtMost)} * kPage;
  return filter;
}

Response list(Call& call) {
  const DiscussionFilter filter = filter_of(*call.request);
  const DiscussionList found = call.hub.discussions->list(call.repo->id, filter);
  wire::DiscussionPage page{{}, filter.offset, found.count};
  for (const Discussion& discussion : found.entries)
    page.entries.push_back(summary_of(call, discussion));
  return json_response(200, wire::to_json(page));
}

Response details(Call& call) {
  const Discussion discussion = require_discussion(call);
  wire::DiscussionDetails answer;
  answer.summary = summary_of(call, discussion);
  if (discussion.is_pull_request) {
    auto git = open_git(call);
    tell_of_commits(*call.hub.discussions, git, discussion, std::nullopt);
    const bool with_diff =
        flag(*call.request, "diff") && may_have_content(call.hub, call.who, *call.repo);
    answer.pull_request = describe_pull_request(git, discussion, with_diff, call.hub.conflicts);
  }
  for (StoredEvent& stored : call.hub.discussions->events(discussion))
    answer.events.push_back(std::move(stored.event));
  return json_response(200, wire::to_json(answer));
}

Response create(Call& call) {
  const auto request = parse_body(call, wire::parse_new_discussion_request);
  if (request.is_pull_request) require_content(call);
  Discussion discussion;
  discussion.title = request.title;
  auto git = open_git(call);
  std::optional<repo::ObjectId> head;
  std::unique_lock turn(call.hub.branch_locks.of(call.repo->id));
  if (request.is_pull_request) {
    discussion.status = DiscussionStatus::draft;
    discussion.target_ref = kMainRef;
    head = commit_of_ref(git, discussion.target_ref);
    if (!head) refuse_revision("main");
    discussion.base = head->hex();
  }
  discussion = open_discussion(call, git, std::move(discussion), request.description, head);
  turn.unlock();
  if (head)
    refs_changed(call, *call.repo, {{pull_request_ref(discussion.number), std::nullopt, head}});
  discussion_changed(call, discussion, "create");
  return json_response(200, wire::to_json(wire::NewDiscussionAnswer{
                                discussion.number,
                                fmt::format("{}/{}/discussions/{}", call.url(),
                                            call.repo->name.path(), discussion.number),
                                discussion.is_pull_request}));
}

Response event_response(std::string_view name, const StoredEvent& stored) {
  return json_response(200, wire::event_to_json(name, stored.event));
}

Response comment(Call& call) {
  const Discussion discussion = require_discussion(call);
  const std::string text = parse_body(call, wire::parse_discussion_comment);
  const auto event = call.hub.discussions->add_comment(discussion, call.who.user->id, text);
  discussion_changed(call, discussion, "create", &event);
  return event_response("newMessage", event);
}

Response edit_comment(Call& call) {
  const Discussion discussion = require_discussion(call);
  const StoredEvent before = require_event(call, discussion);
  require_author(call, before.author_id);
  const std::string text = parse_body(call, wire::parse_discussion_comment_edit);
  const auto event =
      call.hub.discussions->edit_comment(discussion, before.id, call.who.user->id, text);
  if (!event) throw Refused(409, "this is no comment, or a hidden one");
  discussion_changed(call, discussion, "update", &*event);
  return event_response("updatedComment", *event);
}

Response hide_comment(Call& call) {
  const Discussion discussion = require_discussion(call);
  const StoredEvent before = require_event(call, discussion);
  require_author(call, before.author_id);
  const auto event = call.hub.discussions->hide_comment(discussion, before.id);
  if (!event) throw Refused(409, "this is no comment");
  discussion_changed(call, discussion, "update", &*event);
  return event_response("updatedComment", *event);
}

Response rename(Call& call) {
  Discussion discussion = require_discussion(call);
  require_author(call, discussion.author_id);
  const std::string title = parse_body(call, wire::parse_discussion_title);
  const auto event = call.hub.discussions->rename(discussion, call.who.user->id, title);
  discussion.title = title;
  discussion_changed(call, discussion, "update");
  return event_response("newTitle", event);
}

[[noreturn]] void refuse_changed() {
  throw Refused(409, "the discussion has just been changed by somebody else");
}

Response change_status(Call& call) {
  // Not in the middle of a merge.
  const std::lock_guard turn(call.hub.branch_locks.of(call.repo->id));
  Discussion discussion = require_discussion(call);
  require_author(call, discussion.author_id);
  const auto request = parse_body(call, wire::parse_discussion_status_request);
  const auto status = request.is_open ? DiscussionStatus::open : DiscussionStatus::closed;
  if (discussion.status == status || discussion.status == DiscussionStatus::merged)
    throw Refused(409, fmt::format("this is {} already", wire::name_of(discussion.status)));
  const auto event =
      call.hub.discussions->set_status(discussion, call.who.user->id, status, request.comment);
  if (!event) refuse_changed();
  discussion.status = status;
  discussion_changed(call, discussion, "update");
  return event_response("newStatus", *event);
}

Response merge(Call& call) {
  const std::string text = parse_body(call, wire::parse_discussion_merge_request);
  auto git = open_git(call);
  std::unique_lock turn(call.hub.branch_locks.of(call.repo->id));
  Discussion pull = require_discussion(call);
  if (!pull.is_pull_request) throw Refused(400, "this is no pull request");
  if (pull.status == DiscussionStatus::draft)
    throw Refused(409, "this is a draft; change its status to open first");
  if (pull.status != DiscussionStatus::open)
    throw Refused(409, fmt::format("this is {} already", wire::name_of(pull.status)));
  // Afterwards the target has them, and which were new is not to be seen.
  tell_of_commits(*call.hub.discussions, git, pull, std::nullopt);
  std::vector<RefChange> changes;
  pull = merge_pull_request(call, git, std::move(pull), changes);
  std::optional<StoredEvent> event;
  try {
    event = call.hub.discussions->set_merged(pull, call.who.user->id, text);
  } catch (...) {
    // The branch has moved; a second try will find that and mark the pull request.
    refs_changed(call, *call.repo, changes);
    throw;
  }
  turn.unlock();
  refs_changed(call, *call.repo, changes);
  if (!event) refuse_changed();
  pull.status = DiscussionStatus::merged;
  discussion_changed(call, pull, "update");
  return event_response("newStatus", *event);
}

}  // namespace

std::vector<Route> discussion_routes() {
  std::vector<Route> routes;
  const auto add = [&](Method method, const std::string& path, Access access,
                       Response (*handle)(Call&)) {
    Route route;
    route.method = method;
    route.pattern = "/api/{api_repo}/discussions" + path;
    route.access = access;
    route.run = Run::worker;
    route.body_limit_bytes = method == Method::post ? kBodyLimitBytes : 0;
    route.handle = handle;
    routes.push_back(std::move(route));
  };
  add(Method::get, "", Access::repo_read, list);
  add(Method::post, "", Access::repo_discuss, create);
  add(Method::get, "/{number}", Access::repo_read, details);
  routes.back().is_long = always_long;  // merges
  add(Method::post, "/{number}/comment", Access::repo_discuss, comment);
  add(Method::post, "/{number}/comment/{id}/edit", Access::repo_discuss, edit_comment);
  add(Method::post, "/{number}/comment/{id}/hide", Access::repo_discuss, hide_comment);
  add(Method::post, "/{number}/title", Access::repo_discuss, rename);
  add(Method::post, "/{number}/status", Access::repo_discuss, change_status);
  add(Method::post, "/{number}/merge", Access::repo_write, merge);
  return routes;
}

}  // namespace mhub::serve
