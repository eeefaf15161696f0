#include "hf/ref_edits.hpp"

#include <mutex>

#include <mhub/wire/hub_ref_edits.hpp>

#include "hf/changes.hpp"
#include "hf/files.hpp"
#include "hf/first_commit.hpp"
#include "hf/parameters.hpp"
#include "hf/pull_requests.hpp"
#include "hf/write_target.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::uint64_t kBodyLimitBytes = std::uint64_t{128} << 10;
constexpr std::size_t kSquashMessageLimitBytes = 4096;

/// "refs/heads/NAME". Throws Refused 400 for a name that no branch can have.
std::string require_branch_name(const std::string& name) {
  if (name.starts_with("refs/") || !repo::is_valid_branch_name(name))
    throw Refused(400, "Invalid reference for a branch: " + printable(name));
  return "refs/heads/" + name;
}

/// "refs/tags/NAME". Throws Refused 400.
std::string require_tag_name(const std::string& name) {
  std::string full = "refs/tags/" + name;
  if (name.empty() || name.starts_with("refs/") || name.starts_with('-') ||
      !repo::is_valid_ref_name(full))
    throw Refused(400, "Invalid reference for a tag: " + printable(name));
  return full;
}

std::string message_text(const std::string& message, const std::string& otherwise) {
  if (message.find('\0') != std::string::npos)
    throw Refused(400, "the message holds a NUL character");
  const std::string clean = repo::clean_message(message);
  return clean.empty() ? otherwise + "\n" : clean;
}

repo::ObjectId write_root_commit(repo::Repository& repository, const Call& call,
                                 const repo::ObjectId& tree, std::string message) {
  repo::NewCommit commit;
  commit.tree = tree;
  commit.author = commit.committer = signature_of(call.who);
  commit.message = std::move(message);
  return repo::write_commit(repository, commit);
}

repo::ObjectId starting_commit(repo::Repository& repository, const Call& call,
                               const wire::MakeBranchRequest& request) {
  if (request.is_empty)
    return write_root_commit(repository, call, repo::empty_tree(repository), "initial commit\n");
  const std::string start = request.starting_point.empty() ? "HEAD" : request.starting_point;
  if (const auto commit = commit_named(repository, start)) return *commit;
  const auto ref = branch_ref_of(start);
  if (!ref || *ref != kMainRef) refuse_revision(start);
  // A repository without commits: clients make a branch before they upload to it.
  const auto first = make_first_commit(repository, first_tree(repository, call.repo->name.type),
                                       signature_of(call.who));
  refs_changed(call, *call.repo, {{*ref, std::nullopt, first}});
  return first;
}

Response make_branch(Call& call) {
  const auto request = parse_body(call, wire::parse_make_branch_request);
  const std::string ref = require_branch_name(revision_from(call.rest));
  auto repository = open_git(call);
  const std::lock_guard turn(call.hub.branch_locks.of(call.repo->id));
  const auto refuse_existing = [&] {
    throw Refused(409, "Reference " + printable(ref) + " already exists");
  };
  if (!request.overwrite && repo::find_ref(repository, ref)) refuse_existing();
  const auto before = commit_of_ref(repository, ref);
  const auto commit = starting_commit(repository, call, request);
  const auto expected = request.overwrite ? repo::Expected::any() : repo::Expected::none();
  if (!repo::update_ref(repository, ref, commit, expected, "branch over HTTP")) refuse_existing();
  refs_changed(call, *call.repo, {{ref, before, commit}});
  return json_response(200, "{}");
}

Response remove_ref(const Call& call, const std::string& name, const std::string& ref) {
  auto repository = open_git(call);
  const std::lock_guard turn(call.hub.branch_locks.of(call.repo->id));
  if (!repo::find_ref(repository, ref)) refuse_revision(name);
  const auto before = commit_of_ref(repository, ref);
  repo::delete_ref(repository, ref, repo::Expected::any());
  refs_changed(call, *call.repo, {{ref, before, std::nullopt}});
  return json_response(200, "{}");
}

Response remove_branch(Call& call) {
  const std::string name = revision_from(call.rest);
  const std::string ref = require_branch_name(name);
  if (ref == kMainRef) throw Refused(400, "Cannot delete refs/heads/main");
  return remove_ref(call, name, ref);
}

Response make_tag(Call& call) {
  const auto request = parse_body(call, wire::parse_make_tag_request);
  const std::string revision = revision_from(call.rest);
  const std::string ref = require_tag_name(request.tag);
  auto repository = open_git(call);
  const std::lock_guard turn(call.hub.branch_locks.of(call.repo->id));
  const auto commit = commit_named(repository, revision);
  if (!commit) refuse_revision(revision);
  if (repo::find_ref(repository, ref))
    throw Refused(409, "Tag reference exists already: " + printable(ref));
  repo::ObjectId target = *commit;
  if (request.message && !request.message->empty())
    target = repo::write_tag(repository, request.tag, *commit, signature_of(call.who),
                             message_text(*request.message, request.tag));
  if (!repo::update_ref(repository, ref, target, repo::Expected::none(), "tag over HTTP"))
    throw Refused(409, "Tag reference exists already: " + printable(ref));
  refs_changed(call, *call.repo, {{ref, std::nullopt, *commit}});
  return json_response(200, "{}");
}

Response remove_tag(Call& call) {
  const std::string name = revision_from(call.rest);
  return remove_ref(call, name, require_tag_name(name));
}

Response super_squash(Call& call) {
  const auto request = parse_body(call, wire::parse_squash_request);
  if (request.message.size() > kSquashMessageLimitBytes)
    throw Refused(400, "the message is too long");
  const std::string name = revision_from(call.rest);
  const std::string message = message_text(request.message, "Super-squash branch '" + name + "'");
  auto repository = open_git(call);
  const std::lock_guard turn(call.hub.branch_locks.of(call.repo->id));
  // Within the turn, as it might else be merged or closed meanwhile.
  find_open_pull_request(call, name);
  RefChange change;
  retry_while_moved([&] {
    repository.refresh();
    const auto tip = find_tip(repository, name);
    if (!tip || !tip->commit) refuse_revision(name);
    const auto tree = repo::read_commit(repository, *tip->commit).tree;
    const auto commit = write_root_commit(repository, call, tree, message);
    if (!repo::update_ref(repository, tip->ref, commit, repo::Expected::at(*tip->commit),
                          "squash over HTTP"))
      return false;
    change = {tip->ref, tip->commit, commit};
    return true;
  });
  refs_changed(call, *call.repo, {change});
  return json_response(200, "{}");
}

}  // namespace

std::vector<Route> ref_edit_routes() {
  std::vector<Route> routes;
  const auto add = [&](Method method, const char* pattern, Response (*handle)(Call&)) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.access = Access::repo_write;
    route.run = Run::worker;
    route.body_limit_bytes = kBodyLimitBytes;
    route.handle = handle;
    routes.push_back(std::move(route));
  };
  add(Method::post, "/api/{api_repo}/branch/*", make_branch);
  add(Method::del, "/api/{api_repo}/branch/*", remove_branch);
  add(Method::post, "/api/{api_repo}/tag/*", make_tag);
  add(Method::del, "/api/{api_repo}/tag/*", remove_tag);
  add(Method::post, "/api/{api_repo}/super-squash/*", super_squash);
  return routes;
}

}  // namespace mhub::serve
