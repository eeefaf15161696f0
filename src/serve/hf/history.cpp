#include <algorithm>

#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/wire/hub_history.hpp>

#include "hf/files.hpp"
#include "hf/parameters.hpp"
#include "hf/read_face.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::size_t kPage = 50;
constexpr std::size_t kPageAtMost = 1000;
constexpr std::size_t kPagesAtMost = 100000;
constexpr std::size_t kTextBytes = 64 << 10;

std::vector<wire::RefInfo> refs_below(repo::Repository& git, const std::string& folder) {
  std::vector<wire::RefInfo> list;
  for (const repo::Ref& ref : repo::list_refs(git, folder)) {
    if (list.size() >= wire::kHistoryMaxEntries) break;
    if (ref.target.is_zero()) continue;
    // An annotated tag counts for the commit that it is about.
    const auto commit = repo::peel_to_commit(git, ref.target);
    if (commit) list.push_back({ref.name.substr(folder.size()), ref.name, commit->hex()});
  }
  return list;
}

Response refs(Call& call) {
  auto git = open_git(call);
  wire::RefList list;
  list.branches = refs_below(git, "refs/heads/");
  list.converts = refs_below(git, "refs/convert/");
  list.tags = refs_below(git, "refs/tags/");
  if (flag(*call.request, "include_prs") || flag(*call.request, "include_pull_requests"))
    list.pull_requests = refs_below(git, "refs/pr/");
  return json_response(200, wire::to_json(list));
}

wire::CommitInfo commit_info(const repo::Commit& commit) {
  wire::CommitInfo info;
  info.id = commit.id.hex();
  info.title = commit.summary().substr(0, kTextBytes);
  std::string_view rest = commit.message;
  rest.remove_prefix(commit.summary().size());
  while (rest.starts_with('\n')) rest.remove_prefix(1);
  info.message = rest.substr(0, kTextBytes);
  info.date = timestamp(commit.committer.time_s);
  info.authors.push_back(commit.author.name);
  return info;
}

Response commits(Call& call) {
  auto git = open_git(call);
  const Revision revision = require_revision(git, call.rest);
  const Request& request = *call.request;
  const std::size_t limit = number(request, "limit", kPage, kPageAtMost);
  const std::size_t page = number(request, "p", 0, kPagesAtMost);
  const auto expand = request.parameters("expand");
  const bool formatted = std::find(expand.begin(), expand.end(), "formatted") != expand.end();
  HistoryPage shown;
  if (revision.commit) {
    shown = call.hub.histories.page(git, *revision.commit, page * limit, limit, call.hub.stopping);
  }
  const std::uint64_t total = shown.total;
  std::vector<wire::CommitInfo> list;
  for (const repo::ObjectId& id : shown.commits)
    list.push_back(commit_info(repo::read_commit(git, id)));
  Response response = json_response(200, wire::to_json(list, formatted));
  response.with("X-Total-Count", std::to_string(total));
  if (std::uint64_t{page + 1} * limit < total) {
    response.with("Link", fmt::format("<{}{}/commits/{}?limit={}&p={}{}>; rel=\"next\"", call.url(),
                                      call.repo->name.api_path(), revision.commit->hex(), limit,
                                      page + 1, formatted ? "&expand%5B%5D=formatted" : ""));
  }
  return response;
}

}  // namespace

std::vector<Route> history_routes() {
  Route list_refs;
  list_refs.pattern = "/api/{api_repo}/refs";
  list_refs.access = Access::repo_read;
  list_refs.run = Run::worker;
  list_refs.handle = refs;
  Route list_commits = list_refs;
  list_commits.pattern = "/api/{api_repo}/commits/*";
  list_commits.handle = commits;
  list_commits.is_long = always_long;
  return {list_refs, list_commits};
}

}  // namespace mhub::serve
