#include <algorithm>

#include <mhub/wire/hub_info.hpp>

#include "hf/files.hpp"
#include "hf/parameters.hpp"
#include "hf/read_face.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::size_t kExpandAtMost = 100;

void add_siblings(repo::Repository& git, const repo::ObjectId& commit, bool with_blobs,
                  std::vector<wire::RepoSibling>& siblings) {
  const auto tree = repo::peel_to_tree(git, commit);
  if (!tree) return;
  repo::walk_tree(git, *tree, [&](const repo::PathEntry& entry) {
    if (entry.mode == repo::FileMode::submodule || siblings.size() >= wire::kInfoMaxSiblings)
      return;
    wire::RepoSibling sibling;
    sibling.path = entry.path;
    if (with_blobs) {
      const HubFile file = read_hub_file(git, entry);
      sibling.blob_id = entry.id.hex();
      sibling.size_bytes = file.size_bytes();
      if (file.pointer) {
        sibling.lfs_oid = file.pointer->sha256;
        sibling.pointer_size_bytes = file.blob_bytes;
      }
    }
    siblings.push_back(std::move(sibling));
  });
}

Response describe(Call& call, repo::Repository& git, const Revision& revision) {
  const RepoInfo& repo = *call.repo;
  const auto expand = call.request->parameters("expand");
  if (expand.size() > kExpandAtMost) throw Refused(400, "expand names too many properties");
  const auto is_named = [&](std::string_view name) {
    return std::find(expand.begin(), expand.end(), name) != expand.end();
  };
  wire::RepoDescription answer;
  answer.type = repo.name.type;
  answer.id = repo.name.id();
  answer.unique_id = std::to_string(repo.id);
  answer.author = repo.name.owner;
  answer.is_private = repo.is_private;
  answer.created_at = timestamp(repo.created_unix_s);
  answer.last_modified = answer.created_at;
  if (is_named("usedStorage")) {
    std::uint64_t bytes = 0;
    call.hub.catalog->for_each_file(
        repo.id, [&](const RepoFile& file, std::int64_t) { bytes += file.size_bytes; });
    answer.used_storage_bytes = bytes;
  }
  if (revision.commit) {
    answer.sha = revision.commit->hex();
    answer.last_modified = timestamp(repo::read_commit(git, *revision.commit).committer.time_s);
    if (expand.empty() || is_named("siblings"))
      add_siblings(git, *revision.commit, flag(*call.request, "blobs"), answer.siblings);
  }
  return json_response(200, wire::to_json(answer, expand));
}

Response info(Call& call) {
  auto git = open_git(call);
  // A repository whose default branch is gone can still be described.
  const auto revision = revision_named(git, "HEAD");
  return describe(call, git, revision.value_or(Revision{"HEAD", std::nullopt, false}));
}

Response info_at(Call& call) {
  auto git = open_git(call);
  return describe(call, git, require_revision(git, call.rest));
}

}  // namespace

std::vector<Route> info_routes() {
  std::vector<Route> routes;
  const auto add = [&](const std::string& path, Access access,
                       std::function<Response(Call&)> handle) {
    Route route;
    route.pattern = "/api/{api_repo}" + path;
    route.access = access;
    route.run = Run::worker;
    route.handle = std::move(handle);
    routes.push_back(std::move(route));
  };
  add("", Access::repo_read, info);
  add("/revision/*", Access::repo_read, info_at);
  const auto yes = [](Call&) { return json_response(200, "{}"); };
  add("/auth-check", Access::repo_read, yes);
  add("/auth-check/write", Access::repo_write, yes);
  return routes;
}

}  // namespace mhub::serve
