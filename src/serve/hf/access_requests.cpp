// Access to the content of gated repositories: asking for it, and letting people in.

#include <charconv>

#include <mhub/wire/hub_people.hpp>

#include "hf/parameters.hpp"
#include "hf/people_face.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::size_t kPage = 500;
constexpr std::size_t kPageAtMost = 1000;
constexpr std::uint64_t kBodyBytes = 64 << 10;

void require_gated(const Call& call) {
  if (call.repo->gating == wire::Gating::none)
    throw Refused(400, "This repository is not gated: everybody who sees it may have its content");
}

std::optional<UserInfo> find_named_user(const Call& call, const wire::AccessDecision& decision) {
  if (!decision.user.empty()) return call.hub.catalog->find_user(decision.user);
  std::int64_t id = 0;
  const char* end = decision.user_id.data() + decision.user_id.size();
  if (std::from_chars(decision.user_id.data(), end, id).ptr != end) return std::nullopt;
  return call.hub.catalog->find_user(id);
}

UserInfo require_named_user(const Call& call, const wire::AccessDecision& decision) {
  auto user = find_named_user(call, decision);
  if (!user) throw Refused(404, "there is no such user");
  return std::move(*user);
}

AccessStatus require_status(const std::string& name) {
  const auto status = parse_access_status(name);
  if (!status) throw Refused(400, "the status is none of accepted, rejected, pending");
  return *status;
}

wire::AccessRequestItem item_of(const AccessRequest& request) {
  return {request.user, std::string(name_of(request.status)), timestamp(request.asked_unix_s)};
}

/// Asking again changes nothing, so that nobody who was refused comes in by that.
Response ask(Call& call) {
  if (call.who.is_anonymous()) throw Refused(401, "Invalid username or password.");
  require_gated(call);
  if (!call.who.is_inside(*call.repo))
    throw Refused(403, "this token is limited to other repositories");
  const auto status =
      call.repo->gating == wire::Gating::automatic ? AccessStatus::accepted : AccessStatus::pending;
  if (!call.who.is_let_in(*call.repo))
    call.hub.access_requests->ask(call.repo->id, call.who.user->id, status);
  Response response = text_response(303, "");
  response.with("Location", call.url() + "/" + call.repo->name.path());
  return response;
}

Response cancel(Call& call) {
  if (call.who.is_anonymous()) throw Refused(401, "Invalid username or password.");
  require_gated(call);
  if (!call.who.is_inside(*call.repo))
    throw Refused(403, "this token is limited to other repositories");
  const auto request = call.hub.access_requests->find(call.repo->id, call.who.user->id);
  // Taking back a refused one would let one ask afresh.
  if (!request || request->status == AccessStatus::rejected)
    throw Refused(404, "there is no request of yours to take back");
  call.hub.access_requests->remove(call.repo->id, call.who.user->id);
  return json_response(200, "{}");
}

Response list(Call& call) {
  require_gated(call);
  const auto status = parse_access_status(call.words[0]);
  if (!status) throw Refused(404, "EntryNotFound", "not found");
  const std::size_t page = number(*call.request, "limit", kPage, kPageAtMost);
  const std::int64_t after = cursor_number(*call.request);
  auto requests = call.hub.access_requests->list(call.repo->id, *status, after, page + 1);
  const bool more = requests.size() > page;
  if (more) requests.resize(page);
  std::vector<wire::AccessRequestItem> items;
  for (const AccessRequest& request : requests) items.push_back(item_of(request));
  Response response = json_response(200, wire::to_json(items));
  if (more) response.with("Link", next_link(call, std::to_string(requests.back().id)));
  return response;
}

Response handle(Call& call) {
  require_gated(call);
  const auto decision = parse_body(call, wire::parse_access_decision);
  const AccessStatus status = require_status(decision.status);
  const UserInfo user = require_named_user(call, decision);
  const auto request = call.hub.access_requests->find(call.repo->id, user.id);
  if (!request) throw Refused(404, user.name + " has not asked for access");
  if (request->status == status)
    throw Refused(
        404, "the request of " + user.name + " is " + std::string(name_of(status)) + " already");
  call.hub.access_requests->set_status(call.repo->id, user.id, status);
  return json_response(200, "{}");
}

/// Whom it cannot decide about it names, and decides about the others.
Response handle_batch(Call& call) {
  require_gated(call);
  const auto decisions = parse_body(call, wire::parse_access_decisions);
  const AccessStatus status = require_status(decisions.status);
  AccessRequests& requests = *call.hub.access_requests;
  std::vector<wire::AccessOutcome> outcomes;
  for (const wire::AccessDecision& decision : decisions.people) {
    outcomes.push_back({.user = decision.user, .user_id = decision.user_id});
    const auto user = find_named_user(call, decision);
    if (!user)
      outcomes.back().error = "user_not_found";
    else if (!requests.find(call.repo->id, user->id))
      outcomes.back().error = "request_not_found";
    else
      requests.set_status(call.repo->id, user->id, status);
  }
  return json_response(200, wire::to_json(outcomes));
}

/// JSON, or CSV for who asks for that.
Response report(Call& call) {
  require_gated(call);
  std::vector<wire::AccessRequestItem> items;
  for (const auto status :
       {AccessStatus::pending, AccessStatus::accepted, AccessStatus::rejected}) {
    std::int64_t after = 0;
    while (true) {
      const auto page = call.hub.access_requests->list(call.repo->id, status, after, kPageAtMost);
      for (const AccessRequest& request : page) items.push_back(item_of(request));
      if (page.size() < kPageAtMost) break;
      after = page.back().id;
    }
  }
  const bool as_csv = call.request->header("Accept").find("text/csv") != std::string_view::npos;
  Response response;
  response.body = as_csv ? wire::access_report_csv(items) : wire::access_report_json(items);
  response.with("Content-Type",
                as_csv ? "text/csv; charset=utf-8" : "application/json; charset=utf-8");
  response.with("Content-Disposition", "attachment; filename=user-access-report-" +
                                           call.repo->name.owner + "-" + call.repo->name.name +
                                           (as_csv ? ".csv" : ".json"));
  return response;
}

/// Lets somebody in who has not asked.
Response grant(Call& call) {
  require_gated(call);
  const UserInfo user = require_named_user(call, parse_body(call, wire::parse_access_decision));
  const auto request = call.hub.access_requests->find(call.repo->id, user.id);
  if (request && request->status == AccessStatus::accepted)
    throw Refused(400, user.name + " has access already");
  call.hub.access_requests->set_status(call.repo->id, user.id, AccessStatus::accepted);
  return json_response(200, "{}");
}

}  // namespace

std::vector<Route> access_request_routes() {
  std::vector<Route> routes;
  const auto add = [&](Method method, const std::string& pattern, Access access,
                       Response (*work)(Call&)) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.access = access;
    route.run = Run::worker;
    route.body_limit_bytes = method == Method::post ? kBodyBytes : 0;
    route.handle = work;
    routes.push_back(std::move(route));
  };
  add(Method::post, "/{repo}/ask-access", Access::repo_read, ask);
  add(Method::get, "/{repo}/user-access-report", Access::repo_write, report);
  const std::string base = "/api/{api_repo}/user-access-request/";
  add(Method::get, base + "{status}", Access::repo_write, list);
  add(Method::post, base + "handle", Access::repo_write, handle);
  add(Method::post, base + "batch", Access::repo_write, handle_batch);
  add(Method::post, base + "grant", Access::repo_write, grant);
  add(Method::post, base + "cancel", Access::repo_read, cancel);
  return routes;
}

}  // namespace mhub::serve
