#include <algorithm>

#include <mhub/wire/hub_people.hpp>

#include "hf/parameters.hpp"
#include "hf/people_face.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::size_t kMembersPage = 500;
constexpr std::size_t kMembersPageAtMost = 1000;
constexpr std::size_t kStoragePage = 500;
constexpr std::size_t kStoragePageAtMost = 1000;

UserInfo require_user(const Call& call) {
  auto user = call.hub.catalog->find_user(call.words[0]);
  if (!user) throw Refused(404, "there is no such user");
  return std::move(*user);
}

OrganisationInfo require_organisation(const Call& call) {
  auto organisation = call.hub.organisations->find(call.words[0]);
  if (!organisation) throw Refused(404, "there is no such organisation");
  return std::move(*organisation);
}

wire::RepoCounts count_repos(const Call& call, const std::string& owner) {
  auto counts = call.hub.catalog->count_repos(call.who.viewer(), owner);
  return {counts[wire::RepoType::model], counts[wire::RepoType::dataset],
          counts[wire::RepoType::space]};
}

Response describe_user(Call& call) {
  const UserInfo user = require_user(call);
  wire::UserOverview answer{.name = user.name,
                            .id = std::to_string(user.id),
                            .created_at = timestamp(user.created_unix_s),
                            .repos = count_repos(call, user.name)};
  for (const Membership& membership : call.hub.catalog->memberships(user.id))
    answer.orgs.push_back({membership.organisation.name, std::string(name_of(membership.role))});
  return json_response(200, wire::to_json(answer));
}

Response describe_organisation(Call& call) {
  const OrganisationInfo organisation = require_organisation(call);
  return json_response(200, wire::to_json(wire::OrganisationOverview{
                                .name = organisation.name,
                                .id = std::to_string(organisation.id),
                                .users = call.hub.organisations->count_members(organisation.id),
                                .repos = count_repos(call, organisation.name)}));
}

Response list_members(Call& call) {
  const OrganisationInfo organisation = require_organisation(call);
  const std::size_t page = number(*call.request, "limit", kMembersPage, kMembersPageAtMost);
  const std::string after = call.request->parameter("cursor").value_or("");
  auto members = call.hub.organisations->members(organisation.id, after, page + 1);
  const bool more = members.size() > page;
  if (more) members.resize(page);
  std::vector<wire::OrganisationMember> items;
  for (const OrganisationMember& member : members)
    items.push_back({member.user, std::string(name_of(member.role))});
  Response response = json_response(200, wire::to_json(items));
  if (more) response.with("Link", next_link(call, members.back().user));
  return response;
}

Response list_storage(const Call& call, const std::string& owner) {
  const std::size_t page = number(*call.request, "limit", kStoragePage, kStoragePageAtMost);
  const StoragePage found =
      call.hub.facts->list_storage(call.who.viewer(), owner, cursor_number(*call.request), page);
  std::vector<wire::RepoStorage> items;
  for (const StoredRepo& stored : found.repos) {
    const double share = found.total_bytes == 0 ? 0
                                                : 100.0 * static_cast<double>(stored.size_bytes) /
                                                      static_cast<double>(found.total_bytes);
    items.push_back({stored.repo.name, stored.repo.is_private, timestamp(stored.modified_unix_s),
                     stored.size_bytes, share});
  }
  Response response = json_response(200, wire::to_json(items));
  if (found.has_more)
    response.with("Link", next_link(call, std::to_string(found.repos.back().repo.id)));
  return response;
}

Response list_own_storage(Call& call) {
  return list_storage(call, call.who.user->name);
}

Response list_organisation_storage(Call& call) {
  const OrganisationInfo organisation = require_organisation(call);
  const auto& memberships = call.who.memberships;
  const bool belongs =
      std::any_of(memberships.begin(), memberships.end(),
                  [&](const Membership& one) { return one.organisation.id == organisation.id; });
  if (!belongs && !call.who.user->is_admin)
    throw Refused(403, "you do not belong to " + organisation.name);
  return list_storage(call, organisation.name);
}

/// Nobody follows anybody here.
Response nobody(Call& call) {
  if (!call.hub.catalog->find_user(call.words[0])) require_organisation(call);
  return json_response(200, "[]");
}

}  // namespace

std::vector<Route> overview_routes() {
  std::vector<Route> routes;
  const auto add = [&](const char* pattern, Response (*handle)(Call&)) {
    Route route;
    route.pattern = pattern;
    // Who there is on a hub is not for strangers.
    route.access = Access::user;
    route.run = Run::worker;
    route.handle = handle;
    routes.push_back(std::move(route));
  };
  add("/api/users/{name}/overview", describe_user);
  add("/api/users/{name}/followers", nobody);
  add("/api/users/{name}/following", nobody);
  add("/api/organizations/{name}/overview", describe_organisation);
  add("/api/organizations/{name}/members", list_members);
  add("/api/organizations/{name}/followers", nobody);
  add("/api/organizations/{name}/settings/repositories", list_organisation_storage);
  add("/api/settings/repositories", list_own_storage);
  return routes;
}

}  // namespace mhub::serve
