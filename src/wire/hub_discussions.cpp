#include <mhub/base/text.hpp>
#include <mhub/wire/hub_discussions.hpp>

#include "html_text.hpp"
#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxWordBytes = 64;
constexpr std::string_view kSpace = " \t\r\n";
constexpr JsonLimits kLimits{.bytes = std::size_t{1} << 20, .values = 1000};

constexpr std::string_view kStatusNames[] = {"draft", "open", "closed", "merged"};
constexpr std::string_view kEventNames[] = {"comment", "status-change", "commit", "title-change"};

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) line += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? ' ' : c;
  return std::string(trimmed(line, kSpace));
}

std::string read_title(const JsonField& field) {
  std::string title = one_line(field.text(kDiscussionTitleMaxBytes));
  if (title.empty()) field.fail("is empty");
  return title;
}

std::string read_optional_text(const JsonField& root, std::string_view key) {
  const auto field = root.find(key);
  if (!field) return {};
  const std::string& text = field->text(kDiscussionTextMaxBytes);
  if (text.find('\0') != std::string::npos) field->fail("holds a NUL character");
  return trimmed(text, kSpace).empty() ? std::string() : text;
}

std::string read_text(const JsonField& root, std::string_view key) {
  std::string text = read_optional_text(root, key);
  if (text.empty()) root.at(key).fail("is empty");
  return text;
}

template <class Use>
auto with_root(std::string_view json, std::string_view what, Use&& use) {
  const Json document = parse_json(json.empty() ? "{}" : json, kLimits, what);
  return use(JsonField(document, what));
}

void set_author(OrderedJson& json, const std::string& author) {
  // Clients take a missing author for one who is gone, and cannot take null.
  if (!author.empty()) json["author"] = {{"name", author}};
}

OrderedJson to_object(const DiscussionSummary& summary) {
  OrderedJson json = {
      {"num", summary.number},
      {"title", summary.title},
      {"status", name_of(summary.status)},
      {"isPullRequest", summary.is_pull_request},
      {"createdAt", summary.created_at},
      {"repo", {{"name", summary.repo.id()}, {"type", name_of(summary.repo.type)}}}};
  set_author(json, summary.author);
  return json;
}

OrderedJson version_of(const std::string& text, const std::string& written_at,
                       const std::string& author) {
  OrderedJson version = {{"raw", text}, {"html", as_html(text)}, {"updatedAt", written_at}};
  set_author(version, author);
  return version;
}

OrderedJson comment_data(const DiscussionEvent& event) {
  const bool is_edited = event.edits > 0;
  OrderedJson data = {
      {"edited", is_edited},
      {"hidden", event.is_hidden},
      {"numEdits", event.edits},
      {"latest", version_of(event.text, is_edited ? event.edited_at : event.created_at,
                            is_edited ? event.editor : event.author)}};
  data["history"] = OrderedJson::array();
  for (const CommentVersion& before : event.history)
    data["history"].push_back(version_of(before.text, before.written_at, before.author));
  return data;
}

OrderedJson data_of(const DiscussionEvent& event) {
  switch (event.kind) {
    case DiscussionEvent::Kind::comment:
      return comment_data(event);
    case DiscussionEvent::Kind::status_change:
      return {{"status", event.text}};
    case DiscussionEvent::Kind::commit:
      return {{"subject", event.text}, {"oid", event.detail}};
    case DiscussionEvent::Kind::title_change:
      return {{"from", event.detail}, {"to", event.text}};
  }
  return OrderedJson::object();
}

OrderedJson to_object(const DiscussionEvent& event) {
  OrderedJson json = {{"id", event.id},
                      {"type", kEventNames[static_cast<std::size_t>(event.kind)]},
                      {"createdAt", event.created_at}};
  set_author(json, event.author);
  json["data"] = data_of(event);
  return json;
}

}  // namespace

std::string_view name_of(DiscussionStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

std::string to_json(const DiscussionPage& page) {
  OrderedJson list = OrderedJson::array();
  for (const DiscussionSummary& entry : page.entries) list.push_back(to_object(entry));
  return dump(
      OrderedJson{{"discussions", std::move(list)}, {"count", page.count}, {"start", page.start}});
}

std::string to_json(const DiscussionDetails& details) {
  OrderedJson json = to_object(details.summary);
  OrderedJson events = OrderedJson::array();
  for (const DiscussionEvent& event : details.events) events.push_back(to_object(event));
  json["events"] = std::move(events);
  if (const auto& pull = details.pull_request) {
    json["changes"] = {{"base", pull->base}};
    if (!pull->merge_commit.empty()) json["changes"]["mergeCommitId"] = pull->merge_commit;
    json["filesWithConflicts"] = pull->conflicts;
    json["diff"] = pull->diff;
  }
  return dump(json);
}

std::string event_to_json(std::string_view name, const DiscussionEvent& event) {
  OrderedJson json;
  json[std::string(name)] = to_object(event);
  return dump(json);
}

NewDiscussionRequest parse_new_discussion_request(std::string_view json) {
  return with_root(json, "discussion", [](const JsonField& root) {
    return NewDiscussionRequest{.title = read_title(root.at("title")),
                                .description = read_optional_text(root, "description"),
                                .is_pull_request = root.boolean_or("pullRequest", false)};
  });
}

std::string parse_discussion_comment(std::string_view json) {
  return with_root(json, "comment",
                   [](const JsonField& root) { return read_text(root, "comment"); });
}

std::string parse_discussion_comment_edit(std::string_view json) {
  return with_root(json, "comment",
                   [](const JsonField& root) { return read_text(root, "content"); });
}

std::string parse_discussion_title(std::string_view json) {
  return with_root(json, "title",
                   [](const JsonField& root) { return read_title(root.at("title")); });
}

DiscussionStatusRequest parse_discussion_status_request(std::string_view json) {
  return with_root(json, "status", [](const JsonField& root) {
    const JsonField field = root.at("status");
    const std::string& status = field.text(kMaxWordBytes);
    if (status != "open" && status != "closed") field.fail("is neither open nor closed");
    return DiscussionStatusRequest{status == "open", read_optional_text(root, "comment")};
  });
}

std::string parse_discussion_merge_request(std::string_view json) {
  return with_root(json, "merge",
                   [](const JsonField& root) { return read_optional_text(root, "comment"); });
}

std::string to_json(const NewDiscussionAnswer& answer) {
  return dump(OrderedJson{
      {"num", answer.number}, {"url", answer.url}, {"pullRequest", answer.is_pull_request}});
}

std::string_view cut_text(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  // Not in the middle of a character: those begin with another byte than 10xxxxxx.
  while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xc0U) == 0x80U)
    --max_bytes;
  return text.substr(0, max_bytes);
}

std::string discussion_title_from(std::string_view text) {
  text = trimmed(text, kSpace);
  return one_line(cut_text(text.substr(0, text.find('\n')), kDiscussionTitleMaxBytes));
}

}  // namespace mhub::wire
