#include "hf/repo_edits.hpp"

#include <algorithm>
#include <span>

#include <nlohmann/json.hpp>

#include <mhub/wire/hub_repos.hpp>

#include "content.hpp"
#include "git/git_face.hpp"
#include "hf/changes.hpp"
#include "hf/hub_face.hpp"
#include "hf/parameters.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

wire::RepoName require_id(const std::string& id, wire::RepoType type) {
  auto name = wire::parse_repo_id(id, type);
  if (!name || wire::is_reserved_namespace(name->owner) || wire::is_reserved_repo_name(name->name))
    throw Refused(400, "the repository name " + printable(id.substr(0, 200)) + " is not allowed");
  return std::move(*name);
}

Response change_settings(Call& call) {
  const auto request = parse_body(call, wire::parse_repo_settings_request);
  Catalog& catalog = *call.hub.catalog;
  RepoInfo changed = *call.repo;
  changed.is_private = request.is_private.value_or(changed.is_private);
  changed.gating = request.gating.value_or(changed.gating);
  if (request.gating) catalog.set_repo_gating(changed.id, changed.gating);
  if (request.is_private) catalog.set_repo_private(changed.id, changed.is_private);
  const std::string now =
      wire::to_json(wire::RepoSettingsAnswer{changed.is_private, changed.gating});
  if (request.gating || request.is_private)
    repo_changed(call, changed, "update", "repo.config", R"({"updatedConfig":)" + now + "}");
  return json_response(200, now);
}

Response move(Call& call) {
  const auto request = parse_body(call, wire::parse_move_repo_request);
  const auto from = require_id(request.from, request.type);
  const auto to = require_id(request.to, request.type);
  Catalog& catalog = *call.hub.catalog;
  const auto repo = catalog.find_repo(from);
  if (!repo || !call.who.may_read(*repo))
    throw Refused(404, std::string(wire::kErrorRepoNotFound), "Repository not found");
  if (!call.who.may_write(*repo))
    throw Refused(403, "You don't have the rights to move " + from.path());
  require_namespace(call, to);
  const auto refuse_taken = [&] {
    throw Refused(409, "A " + std::string(wire::name_of(to.type)) + " repository called " +
                           to.id() + " already exists");
  };
  // The same repository, if only the case of letters changes.
  if (const auto there = catalog.find_repo(to); there && there->id != repo->id) refuse_taken();
  try {
    catalog.rename_repo(repo->id, to);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict) throw;
    refuse_taken();
  }
  const nlohmann::json moved = {{"movedTo", {{"name", to.id()}, {"owner", {{"id", to.owner}}}}}};
  repo_changed(call, *repo, "move", "repo", moved.dump());
  return json_response(200, "{}");
}

/// Lists the large files of `from` for `to` as well. No bytes are copied.
void copy_file_list(const Call& call, std::int64_t from, std::int64_t to) {
  Hub& hub = call.hub;
  std::vector<Sha256> files;
  std::vector<RepoFile> empty;
  hub.catalog->for_each_file(from, [&](const RepoFile& file, std::int64_t) {
    if (file.size_bytes == 0)
      empty.push_back(file);
    else
      files.push_back(file.sha256);
  });
  hub.catalog->add_files(to, empty, {});
  list_files_for(hub, files, to);  // what is lost is damaged there as well; checks name it
}

void copy_git(const Hub& hub, std::int64_t from, std::int64_t to) {
  const GitSetup setup = git_setup(hub);
  ChildSpec spec;
  spec.folder = hub.folder.repo(to);
  spec.arguments =
      setup.arguments({"fetch", "--quiet", "--no-write-fetch-head", hub.folder.repo(from).string(),
                       "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"});
  spec.environment = setup.environment();
  const RunResult result = run_to_end(spec, {}, [](std::string_view) {});
  if (result.exit_code != 0)
    throw Error(ErrorKind::io, "git cannot copy a repository: {}", result.errors);
}

Response duplicate(Call& call) {
  const auto request = parse_body(call, wire::parse_duplicate_repo_request);
  const auto to = require_id(request.to, call.repo->name.type);
  if (call.who.is_anonymous()) throw Refused(401, "Invalid username or password.");
  require_namespace(call, to);
  Hub& hub = call.hub;
  try {
    const GitSetup git = git_setup(hub);
    const RepoInfo made = create_repo({*hub.catalog, hub.folder, git}, to,
                                      request.is_private.value_or(call.repo->is_private),
                                      call.who.user->id, call.repo->sdk);
    try {
      // Who was let in here decides for nobody else.
      if (call.repo->gating != wire::Gating::none)
        hub.catalog->set_repo_gating(made.id, call.repo->gating);
      // Files first: a reference never leads to one that is not listed.
      copy_file_list(call, call.repo->id, made.id);
      copy_git(hub, call.repo->id, made.id);
      refresh_facts_quietly(hub.facts_place(), made);
      repo_changed(call, made, "create", "repo");
    } catch (...) {
      delete_repo(*hub.catalog, hub.folder, made);
      throw;
    }
    return made_answer(call, made.name);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict) throw;
    return exists_answer(call, to);
  }
}

}  // namespace

std::vector<Route> repo_edit_routes(const ServeLimits& limits) {
  std::vector<Route> routes;
  const auto add = [&](Method method, const char* pattern, Access access, Run run,
                       Response (*handle)(Call&)) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.access = access;
    route.run = run;
    route.body_limit_bytes = limits.json_body_bytes;
    route.handle = handle;
    routes.push_back(std::move(route));
  };
  add(Method::put, "/api/{api_repo}/settings", Access::repo_write, Run::worker, change_settings);
  add(Method::post, "/api/repos/move", Access::writer, Run::worker, move);
  add(Method::post, "/api/{api_repo}/duplicate", Access::repo_content, Run::slow, duplicate);
  return routes;
}

}  // namespace mhub::serve
