#include "hf/description.hpp"
#include "hf/files.hpp"
#include "hf/parameters.hpp"
#include "hf/read_face.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

/// What is kept, if that is of the same commit; else worked out here, without parameters.
RepoFacts facts_at(Call& call, repo::Repository& git, const Revision& revision) {
  const RepoInfo& repo = *call.repo;
  if (!revision.commit) return facts_without_commits(repo);
  auto kept = call.hub.facts->find(repo.id);
  if (kept && kept->head == revision.commit->hex()) return std::move(*kept);
  return derive_facts(git, repo, *revision.commit);
}

Response describe(Call& call, repo::Repository& git, const Revision& revision) {
  const auto properties = properties_of(*call.request);
  auto answer = description_of(*call.repo, facts_at(call, git, revision),
                               call.hub.facts->counts(call.repo->id));
  const auto& expand = properties.expand;
  if (!expand.empty() && properties.has("usedStorage"))
    answer.used_storage_bytes = call.hub.catalog->count_file_bytes(call.repo->id);
  const bool with_blobs = flag(*call.request, "blobs");
  return json_response(200, wire::to_json(answer, properties, [&](const auto& write) {
                         if (revision.commit)
                           each_sibling(git, *revision.commit, with_blobs, write);
                       }));
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
    route.is_long = [](const Call& call) { return flag(*call.request, "blobs"); };
    route.pattern = "/api/{api_repo}" + path;
    route.access = access;
    route.run = Run::worker;
    route.handle = std::move(handle);
    routes.push_back(std::move(route));
  };
  add("", Access::repo_read, info);
  add("/revision/*", Access::repo_read, info_at);
  const auto yes = [](Call&) { return json_response(200, "{}"); };
  add("/auth-check", Access::repo_content, yes);
  add("/auth-check/write", Access::repo_write, yes);
  return routes;
}

}  // namespace mhub::serve
