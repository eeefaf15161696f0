#include "hf/hub_face.hpp"

#include <mhub/base/atomic_file.hpp>
#include <mhub/base/log.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/wire/hub_repos.hpp>

#include "git/git_face.hpp"
#include "hf/changes.hpp"
#include "hf/first_commit.hpp"
#include "hf/parameters.hpp"
#include "hf/write_target.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

Response whoami(Call& call) {
  wire::WhoAmI who;
  who.name = call.who.user->name;
  who.id = std::to_string(call.who.user->id);
  who.fullname = who.name;
  who.token_name = call.who.token->name;
  who.token_role = call.who.token->is_limited                  ? "fineGrained"
                   : call.who.token->scope == TokenScope::read ? "read"
                                                               : "write";
  for (const Membership& membership : call.who.memberships)
    who.orgs.push_back({membership.organisation.name, std::string(name_of(membership.role))});
  who.token_created_at = timestamp(call.who.token->created_unix_s);
  return json_response(200, wire::to_json(who));
}

wire::RepoName require_name(const Call& call, wire::RepoType type, const std::string& owner,
                            const std::string& name) {
  // Old clients put the namespace into the name.
  const std::string id = name.find('/') != std::string::npos
                             ? name
                             : (owner.empty() ? call.who.user->name : owner) + "/" + name;
  auto repo = wire::parse_repo_id(id, type);
  if (!repo) throw Refused(400, "the repository name is not allowed");
  return std::move(*repo);
}

/// Clients take it that the default branch of a new repository is there, and how it sees files.
void begin_history(const Call& call, const RepoInfo& repo, const wire::CreateRepoRequest& request) {
  try {
    auto git = repo::Repository::open(call.hub.folder.repo(repo.id));
    const auto commit = make_first_commit(git, first_tree(git, request), signature_of(call.who));
    refs_changed(call, repo, {{std::string(kMainRef), std::nullopt, commit}});
  } catch (...) {
    delete_repo(*call.hub.catalog, call.hub.folder, repo);
    throw;
  }
}

Response create(Call& call) {
  const auto request = parse_body(call, wire::parse_create_repo_request);
  const auto name = require_name(call, request.type, request.owner, request.name);
  require_namespace(call, name);
  const GitSetup git = git_setup(call.hub);
  try {
    const RepoInfo repo = create_repo({*call.hub.catalog, call.hub.folder, git}, name,
                                      request.is_private, call.who.user->id, request.space_sdk);
    const bool has_files = !request.files.empty() || !request.license.empty();
    if (request.initial_commit || has_files) begin_history(call, repo, request);
    repo_changed(call, repo, "create", "repo");
    return made_answer(call, repo.name);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict) throw;
    return exists_answer(call, name);
  }
}

Response remove(Call& call) {
  const auto request = parse_body(call, wire::parse_delete_repo_request);
  const auto name = require_name(call, request.type, request.owner, request.name);
  const auto repo = call.hub.catalog->find_repo(name);
  if (!repo || !call.who.may_read(*repo))
    throw Refused(404, std::string(wire::kErrorRepoNotFound), "Repository not found");
  if (!call.who.may_write(*repo))
    throw Refused(403, "You don't have the rights to delete " + name.path());
  // While it is known who may read it.
  repo_changed(call, *repo, "delete", "repo");
  delete_repo(*call.hub.catalog, call.hub.folder, *repo);
  return json_response(200, "{}");
}

/// Under its name only when it is whole.
void make_repo_folder(const NewRepo& where, std::int64_t id) {
  FileSystem& fs = real_file_system();
  const auto fresh = where.folder.tmp() / unique_name("new-repo");
  make_git_repo(where.git, fresh);
  fs.sync_folder(fresh);
  fs.rename(fresh, where.folder.repo(id));
  fs.sync_folder(where.folder.git());
}

wire::CreateRepoAnswer answer_about(const Call& call, const wire::RepoName& name) {
  wire::CreateRepoAnswer answer;
  answer.id = name.id();
  answer.url = call.url() + "/" + name.path();
  return answer;
}

}  // namespace

void require_namespace(const Call& call, const wire::RepoName& name) {
  if (!call.who.may_write_namespace(name.owner))
    throw Refused(403, "You don't have the rights to create a repository under the namespace \"" +
                           name.owner + "\"");
}

Response made_answer(const Call& call, const wire::RepoName& name) {
  return json_response(200, wire::to_json(answer_about(call, name)));
}

Response exists_answer(const Call& call, const wire::RepoName& name) {
  const auto there = call.hub.catalog->find_repo(name);
  auto answer = answer_about(call, there ? there->name : name);
  answer.error = "You already created this " + std::string(wire::name_of(name.type)) + " repo";
  return json_response(409, wire::to_json(answer));
}

RepoInfo create_repo(const NewRepo& where, const wire::RepoName& name, bool is_private,
                     std::optional<std::int64_t> creator_id, const std::string& sdk) {
  if (wire::is_reserved_namespace(name.owner) || wire::is_reserved_repo_name(name.name))
    throw Error(ErrorKind::usage, "{} is a name that the hub keeps for itself", name.id());
  if (where.catalog.find_repo(name))
    throw Error(ErrorKind::conflict, "the repository {} exists", name.path());
  const RepoInfo repo = where.catalog.create_repo(name, is_private, creator_id, sdk);
  try {
    make_repo_folder(where, repo.id);
  } catch (...) {
    where.catalog.delete_repo(repo.id);
    throw;
  }
  return repo;
}

void make_missing_folders(const NewRepo& where) {
  Viewer everything;
  everything.sees_all = true;
  RepoFilter filter;
  while (true) {
    const auto page = where.catalog.list_repos(everything, filter);
    for (const RepoInfo& repo : page) {
      if (std::filesystem::exists(where.folder.repo(repo.id))) continue;
      bool has_files = false;
      where.catalog.for_each_file(repo.id,
                                  [&](const RepoFile&, std::int64_t) { has_files = true; });
      if (has_files) {
        log_warning("the git repository of {} is missing; put git/{}.git back from a backup",
                    repo.name.path(), repo.id);
        continue;
      }
      log_warning("the git repository of {} was never made, or lost: making it", repo.name.path());
      make_repo_folder(where, repo.id);
    }
    if (page.size() < filter.limit) return;
    filter.after_id = page.back().id;
  }
}

void delete_repo(Catalog& catalog, const DataFolder& folder, const RepoInfo& repo) {
  catalog.delete_repo(repo.id);
  // Its number is never given again, so what a crash leaves behind can be seen by nobody.
  const auto doomed = folder.tmp() / unique_name("deleted-repo");
  std::error_code failed;
  std::filesystem::rename(folder.repo(repo.id), doomed, failed);
  if (!failed) std::filesystem::remove_all(doomed, failed);
  if (failed)
    log_warning("the folder of deleted repository {} is still there: {}", repo.id,
                failed.message());
}

std::vector<Route> hub_routes(const ServeLimits& limits) {
  std::vector<Route> routes;
  const auto add = [&](Method method, const std::string& pattern, Access access, Run run,
                       std::uint64_t body_limit, std::function<Response(Call&)> handle) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.access = access;
    route.run = run;
    route.body_limit_bytes = body_limit;
    route.handle = std::move(handle);
    routes.push_back(std::move(route));
  };
  add(Method::get, "/health", Access::open, Run::loop, 0,
      [](Call&) { return text_response(200, "ok\n"); });
  add(Method::get, "/api/whoami-v2", Access::user, Run::loop, 0, whoami);
  add(Method::post, "/api/repos/create", Access::writer, Run::worker, limits.json_body_bytes,
      create);
  add(Method::del, "/api/repos/delete", Access::writer, Run::worker, limits.json_body_bytes,
      remove);
  return routes;
}

}  // namespace mhub::serve
