#include <algorithm>

#include <mhub/repo/history.hpp>
#include <mhub/repo/tree_pages.hpp>
#include <mhub/wire/hub_tree.hpp>

#include "hf/files.hpp"
#include "hf/parameters.hpp"
#include "hf/read_face.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::size_t kPage = 1000;
constexpr std::size_t kExpandedPage = 100;
constexpr std::size_t kPathsAtMost = 2000;
constexpr std::size_t kShortBodyBytes = 4 << 10;
/// How far back the last commit of an entry is looked for.
constexpr std::uint64_t kCommitsAtMost = 20000;
constexpr std::size_t kTitleBytes = 1000;

void add_last_commits(const Call& call, repo::Repository& git, const repo::ObjectId& tip,
                      std::vector<wire::TreeEntry>& entries) {
  std::vector<std::string> paths;
  for (const wire::TreeEntry& entry : entries) paths.push_back(entry.path);
  const auto ids = repo::last_changes(git, tip, paths, kCommitsAtMost, call.hub.stopping);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const repo::Commit commit = repo::read_commit(git, ids[i]);
    entries[i].last_commit = {commit.id.hex(), std::string(commit.summary().substr(0, kTitleBytes)),
                              timestamp(commit.committer.time_s)};
  }
}

Response answer(const Revision& revision, const std::vector<wire::TreeEntry>& entries) {
  Response response = json_response(200, wire::to_json(entries));
  if (revision.commit) response.with(std::string(kRepoCommitHeader), revision.commit->hex());
  return response;
}

Response tree(Call& call) {
  auto git = open_git(call);
  const RevisionPath where = require_revision_path(git, call.rest);
  const auto& commit = where.revision.commit;
  if (!commit && where.path.empty()) return answer(where.revision, {});
  std::optional<repo::ObjectId> folder;
  if (where.path.empty()) {
    folder = repo::peel_to_tree(git, *commit);
  } else if (const auto entry = find_entry(git, where);
             entry && entry->mode == repo::FileMode::tree) {
    folder = entry->id;
  }
  if (!folder) return no_entry(call, where.revision);

  const Request& request = *call.request;
  const bool expand = flag(request, "expand");
  const std::size_t page_size = expand ? kExpandedPage : kPage;
  repo::TreePageOptions options;
  options.is_recursive = flag(request, "recursive");
  options.limit = number(request, "limit", page_size, page_size);
  options.after = request.parameter("cursor").value_or("");
  const repo::TreePage page = repo::list_tree_page(git, *folder, options);
  const std::string prefix = where.path.empty() ? "" : where.path + "/";
  std::vector<wire::TreeEntry> entries;
  for (const repo::PathEntry& entry : page.entries)
    entries.push_back(tree_entry(call, git, {prefix + entry.path, entry.mode, entry.id}));
  if (expand) add_last_commits(call, git, *commit, entries);

  Response response = answer(where.revision, entries);
  if (page.has_more) {
    // The commit stands for the revision, so that all pages are of one state.
    const std::string path = where.path.empty() ? "" : "/" + percent_encode(where.path, true);
    response.with("Link", fmt::format("<{}{}/tree/{}{}?recursive={}&expand={}&limit={}&cursor={}>; "
                                      "rel=\"next\"",
                                      call.url(), call.repo->name.api_path(), commit->hex(), path,
                                      options.is_recursive, expand, options.limit,
                                      percent_encode(page.entries.back().path)));
  }
  return response;
}

wire::PathsInfoRequest read_paths(const Call& call) {
  const std::string type = lower_case(call.request->header("Content-Type"));
  const bool is_json =
      type.find("json") != std::string::npos || (type.empty() && call.body.starts_with('{'));
  if (is_json) return parse_body(call, wire::parse_paths_info_request);
  // A form is written like a query.
  Request form;
  form.query = call.body;
  return {form.parameters("paths"), flag(form, "expand")};
}

Response paths_info(Call& call) {
  auto git = open_git(call);
  const Revision revision = require_revision(git, call.rest);
  const auto asked = read_paths(call);
  if (asked.paths.size() > kPathsAtMost)
    throw Refused(413, fmt::format("at most {} paths at once", kPathsAtMost));
  std::vector<wire::TreeEntry> entries;
  for (std::string path : asked.paths) {
    if (path.ends_with('/')) path.pop_back();
    if (path.empty() || !is_plain_repo_path(path)) continue;
    auto entry = find_entry(git, {revision, path});
    if (entry) entries.push_back(tree_entry(call, git, std::move(*entry)));
  }
  if (asked.expand && revision.commit) add_last_commits(call, git, *revision.commit, entries);
  return answer(revision, entries);
}

}  // namespace

std::vector<Route> tree_routes(const ServeLimits& limits) {
  Route list;
  list.pattern = "/api/{api_repo}/tree/*";
  list.access = Access::repo_read;
  list.run = Run::worker;
  list.handle = tree;
  list.is_long = [](const Call& call) { return flag(*call.request, "expand"); };
  Route paths = list;
  paths.method = Method::post;
  paths.pattern = "/api/{api_repo}/paths-info/*";
  paths.body_limit_bytes = limits.json_body_bytes;
  paths.handle = paths_info;
  // A guess, for the body is not read here: who asks for expand, or for much.
  paths.is_long = [](const Call& call) {
    return call.body.size() > kShortBodyBytes || (call.body.find("expand") != std::string::npos &&
                                                  call.body.find("true") != std::string::npos);
  };
  return {list, paths};
}

}  // namespace mhub::serve
