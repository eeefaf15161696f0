#include "hf/file_copies.hpp"

#include <mhub/wire/hub_repos.hpp>

#include "content.hpp"
#include "hf/parameters.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

/// POST {source}/lfs-files/duplicate: before a commit in the target that names the files.
Response copy_files(Call& call) {
  const auto request = parse_body(call, wire::parse_copy_files_request);
  if (call.who.is_anonymous()) throw Refused(401, "Invalid username or password.");
  const auto name = wire::parse_repo_id(request.to, request.type);
  const auto target = name ? call.hub.catalog->find_repo_under(*name) : std::nullopt;
  if (!target || !call.who.may_read(*target))
    throw Refused(404, std::string(wire::kErrorRepoNotFound), "Repository not found");
  if (!call.who.may_write(*target))
    throw Refused(403, "You don't have the rights to write to " + target->name.path());

  std::vector<Sha256> held;
  wire::CopyFilesAnswer answer;
  for (const Sha256& file : request.files) {
    const auto listed = call.hub.catalog->find_file(call.repo->id, file);
    if (!listed)
      answer.failed.push_back({file, "the repository does not have it"});
    else if (listed->size_bytes > 0)
      held.push_back(file);
  }
  for (const Sha256& lost : list_files_for(call.hub, held, target->id))
    answer.failed.push_back({lost, "the hub has lost it; upload it again"});
  return json_response(200, wire::to_json(answer));
}

}  // namespace

std::vector<Route> file_copy_routes(const ServeLimits& limits) {
  Route route;
  route.method = Method::post;
  route.pattern = "/api/{api_repo}/lfs-files/duplicate";
  route.access = Access::repo_content;
  route.run = Run::worker;
  route.body_limit_bytes = limits.json_body_bytes;
  route.handle = copy_files;
  return {route};
}

}  // namespace mhub::serve
