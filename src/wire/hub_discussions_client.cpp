// The client's half of the discussions' messages: requests written, answers read.

#include <algorithm>

#include <mhub/wire/hub_discussions_client.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxWordBytes = 1024;
constexpr std::size_t kMaxDiffBytes = kDiscussionsMaxBodyBytes;
constexpr std::size_t kMaxEntries = 10000;
constexpr JsonLimits kAnswerLimits{.bytes = kDiscussionsMaxBodyBytes,
                                   .values = std::size_t{1} << 20};

template <class Use>
auto read(std::string_view json, std::string_view what, Use&& use) {
  const Json document = parse_json(json, kAnswerLimits, what);
  return use(JsonField(document, what));
}

std::string author_of(const JsonField& field) {
  const auto author = field.find("author");
  return author ? author->text_or("name", kMaxWordBytes) : std::string();
}

DiscussionStatus read_status(const JsonField& field) {
  const std::string& text = field.text(kMaxWordBytes);
  for (const auto status : {DiscussionStatus::draft, DiscussionStatus::open,
                            DiscussionStatus::closed, DiscussionStatus::merged}) {
    if (text == name_of(status)) return status;
  }
  field.fail("is none of draft, open, closed, merged");
}

std::int64_t read_number(const JsonField& root) {
  return static_cast<std::int64_t>(root.at("num").unsigned_number(INT64_MAX));
}

DiscussionSummary read_summary(const JsonField& field) {
  DiscussionSummary summary;
  if (const auto repo = field.find("repo")) {
    const auto type = parse_repo_type(repo->text_or("type", kMaxWordBytes));
    const auto name = type ? parse_repo_id(repo->text_or("name", kMaxWordBytes), *type)
                           : std::optional<RepoName>();
    if (name) summary.repo = *name;
  }
  summary.number = read_number(field);
  summary.title = field.at("title").text(kMaxDiffBytes);
  summary.status = read_status(field.at("status"));
  summary.is_pull_request = field.boolean_or("isPullRequest", false);
  summary.author = author_of(field);
  summary.created_at = field.text_or("createdAt", kMaxWordBytes);
  return summary;
}

void read_comment(const JsonField& data, DiscussionEvent& event) {
  event.is_hidden = data.boolean_or("hidden", false);
  // Hubs need not count them.
  const bool is_edited = data.boolean_or("edited", false);
  event.edits = is_edited ? static_cast<std::uint32_t>(std::max<std::uint64_t>(
                                1, data.unsigned_or("numEdits", UINT32_MAX, 1)))
                          : 0;
  const auto latest = data.find("latest");
  if (!latest) return;
  event.text = latest->text_or("raw", kMaxDiffBytes);
  if (event.edits == 0) return;
  event.edited_at = latest->text_or("updatedAt", kMaxWordBytes);
  event.editor = author_of(*latest);
}

/// Nothing for kinds that are not known.
std::optional<DiscussionEvent> read_event(const JsonField& field) {
  DiscussionEvent event;
  event.id = field.text_or("id", kMaxWordBytes);
  event.author = author_of(field);
  event.created_at = field.text_or("createdAt", kMaxWordBytes);
  const std::string kind = field.text_or("type", kMaxWordBytes);
  const auto data = field.find("data");
  if (!data) return std::nullopt;
  if (kind == "comment") {
    read_comment(*data, event);
  } else if (kind == "status-change") {
    event.kind = DiscussionEvent::Kind::status_change;
    event.text = data->text_or("status", kMaxWordBytes);
  } else if (kind == "commit") {
    event.kind = DiscussionEvent::Kind::commit;
    event.text = data->text_or("subject", kMaxDiffBytes);
    event.detail = data->text_or("oid", kMaxWordBytes);
  } else if (kind == "title-change") {
    event.kind = DiscussionEvent::Kind::title_change;
    event.text = data->text_or("to", kMaxDiffBytes);
    event.detail = data->text_or("from", kMaxDiffBytes);
  } else {
    return std::nullopt;
  }
  return event;
}

PullRequestState read_pull_request(const JsonField& root) {
  PullRequestState state;
  if (const auto changes = root.find("changes")) {
    state.base = changes->text_or("base", kMaxWordBytes);
    state.merge_commit = changes->text_or("mergeCommitId", kMaxWordBytes);
  }
  state.diff = root.text_or("diff", kMaxDiffBytes);
  // Some hubs say only whether there are any.
  const auto conflicts = root.find("filesWithConflicts");
  if (conflicts && conflicts->value().is_array()) {
    conflicts->each(kMaxEntries, [&](const JsonField& path) {
      state.conflicts.push_back(path.text(kMaxWordBytes * 4));
    });
  }
  return state;
}

}  // namespace

DiscussionPage parse_discussion_page(std::string_view json) {
  return read(json, "list of discussions", [](const JsonField& root) {
    DiscussionPage page;
    root.at("discussions").each(kMaxEntries, [&](const JsonField& entry) {
      page.entries.push_back(read_summary(entry));
    });
    page.start = root.unsigned_or("start", UINT64_MAX >> 1, 0);
    page.count = root.unsigned_or("count", UINT64_MAX >> 1, 0);
    return page;
  });
}

DiscussionDetails parse_discussion_details(std::string_view json) {
  return read(json, "discussion", [](const JsonField& root) {
    DiscussionDetails details;
    details.summary = read_summary(root);
    if (const auto events = root.find("events")) {
      events->each(kMaxEntries, [&](const JsonField& field) {
        if (auto event = read_event(field)) details.events.push_back(*std::move(event));
      });
    }
    if (details.summary.is_pull_request) details.pull_request = read_pull_request(root);
    return details;
  });
}

NewDiscussionAnswer parse_new_discussion_answer(std::string_view json) {
  return read(json, "new discussion", [](const JsonField& root) {
    return NewDiscussionAnswer{.number = read_number(root),
                               .url = root.text_or("url", kMaxWordBytes * 8),
                               .is_pull_request = root.boolean_or("pullRequest", false)};
  });
}

std::string to_json(const NewDiscussionRequest& request) {
  return dump(OrderedJson{{"title", request.title},
                          {"description", request.description},
                          {"pullRequest", request.is_pull_request}});
}

std::string discussion_comment_json(std::string_view text) {
  return dump(OrderedJson{{"comment", text}});
}

std::string to_json(const DiscussionStatusRequest& request) {
  OrderedJson json = {{"status", request.is_open ? "open" : "closed"}};
  if (!request.comment.empty()) json["comment"] = request.comment;
  return dump(json);
}

std::string discussion_merge_json(std::string_view comment) {
  OrderedJson json = OrderedJson::object();
  if (!comment.empty()) json["comment"] = comment;
  return dump(json);
}

}  // namespace mhub::wire
