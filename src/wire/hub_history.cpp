#include <mhub/wire/hub_history.hpp>

#include "html_text.hpp"
#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxNameBytes = 4096;
constexpr std::size_t kMaxOidBytes = 64;
constexpr std::size_t kMaxDateBytes = 64;
constexpr std::size_t kMaxMessageBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxAuthors = 1000;
constexpr JsonLimits kLimits{.bytes = kHistoryMaxBodyBytes, .values = kHistoryMaxEntries * 30};

std::vector<RefInfo> read_refs(const JsonField& list) {
  std::vector<RefInfo> refs;
  list.each(kHistoryMaxEntries, [&](const JsonField& field) {
    refs.push_back({field.at("name").text(kMaxNameBytes), field.at("ref").text(kMaxNameBytes),
                    field.at("targetCommit").text(kMaxOidBytes)});
  });
  return refs;
}

OrderedJson write_refs(const std::vector<RefInfo>& refs) {
  OrderedJson list = OrderedJson::array();
  for (const RefInfo& ref : refs)
    list.push_back({{"name", ref.name}, {"ref", ref.ref}, {"targetCommit", ref.target_commit}});
  return list;
}

}  // namespace

bool is_commit_id(std::string_view text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

RefList parse_ref_list(std::string_view json) {
  const Json document = parse_json(json, kLimits, "list of refs");
  const JsonField root(document, "list of refs");
  RefList refs;
  refs.branches = read_refs(root.at("branches"));
  if (const auto list = root.find("converts")) refs.converts = read_refs(*list);
  if (const auto list = root.find("tags")) refs.tags = read_refs(*list);
  if (const auto list = root.find("pullRequests")) refs.pull_requests = read_refs(*list);
  return refs;
}

std::string to_json(const RefList& refs) {
  OrderedJson json = {{"branches", write_refs(refs.branches)},
                      {"converts", write_refs(refs.converts)},
                      {"tags", write_refs(refs.tags)}};
  if (refs.pull_requests) json["pullRequests"] = write_refs(*refs.pull_requests);
  return dump(json);
}

std::vector<CommitInfo> parse_commit_list(std::string_view json) {
  const Json document = parse_json(json, kLimits, "list of commits");
  std::vector<CommitInfo> commits;
  JsonField(document, "list of commits").each(kHistoryMaxEntries, [&](const JsonField& field) {
    CommitInfo commit{field.at("id").text(kMaxOidBytes), field.at("title").text(kMaxMessageBytes),
                      field.text_or("message", kMaxMessageBytes),
                      field.text_or("date", kMaxDateBytes)};
    if (const auto authors = field.find("authors")) {
      authors->each(kMaxAuthors, [&](const JsonField& author) {
        commit.authors.push_back(author.text_or("user", kMaxNameBytes));
      });
    }
    commits.push_back(std::move(commit));
  });
  return commits;
}

std::string to_json(std::span<const CommitInfo> commits, bool formatted) {
  OrderedJson list = OrderedJson::array();
  for (const CommitInfo& commit : commits) {
    OrderedJson authors = OrderedJson::array();
    for (const std::string& name : commit.authors) authors.push_back({{"user", name}});
    OrderedJson json = {{"id", commit.id},
                        {"title", commit.title},
                        {"message", commit.message},
                        {"authors", std::move(authors)},
                        {"date", commit.date}};
    if (formatted)
      json["formatted"] = {{"title", as_html(commit.title)}, {"message", as_html(commit.message)}};
    list.push_back(std::move(json));
  }
  return dump(list);
}

}  // namespace mhub::wire
