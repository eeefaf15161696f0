#include "webhooks/events.hpp"

#include <algorithm>
#include <span>

#include <nlohmann/json.hpp>

#include <mhub/base/log.hpp>

#include "auth.hpp"

namespace mhub::serve {

namespace {

using nlohmann::json;

/// Of one message, which waits in the queue a thousand times over.
constexpr std::size_t kRefsTold = 1000;

std::string owner_id(Catalog& catalog, const std::string& owner) {
  const auto user = catalog.find_user(owner);
  return user ? std::to_string(user->id) : owner;
}

json ref_json(const UpdatedRef& ref) {
  const auto or_null = [](const std::string& commit) {
    return commit.empty() ? json(nullptr) : json(commit);
  };
  return {{"ref", ref.ref}, {"oldSha", or_null(ref.before)}, {"newSha", or_null(ref.after)}};
}

json body_of(const EventPlace& place, const HubEvent& event) {
  const wire::RepoName& name = event.repo.name;
  json repo = {
      {"type", std::string(wire::name_of(name.type))},
      {"name", name.id()},
      {"id", std::to_string(event.repo.id)},
      {"private", event.repo.is_private},
      {"owner", {{"id", owner_id(place.catalog, name.owner)}}},
      {"url",
       {{"web", place.base_url + "/" + name.path()}, {"api", place.base_url + name.api_path()}}}};
  // Receivers read the one or the other.
  if (!event.head.empty()) repo["headSha"] = repo["head_sha"] = event.head;
  json body = {{"event", {{"action", event.action}, {"scope", event.scope}}},
               {"repo", std::move(repo)}};
  if (!event.refs.empty()) {
    body["updatedRefs"] = json::array();
    for (const UpdatedRef& ref :
         std::span(event.refs).first(std::min(event.refs.size(), kRefsTold)))
      body["updatedRefs"].push_back(ref_json(ref));
  }
  if (!event.more_json.empty()) body.update(json::parse(event.more_json));
  return body;
}

bool may_know(Catalog& catalog, const Webhook& webhook, const RepoInfo& repo) {
  Principal owner;
  owner.user = catalog.find_user(webhook.user_id);
  if (!owner.user) return false;
  owner.memberships = catalog.memberships(owner.user->id);
  return owner.may_read(repo);
}

}  // namespace

bool announce(const EventPlace& place, const HubEvent& event) noexcept {
  try {
    const auto webhooks = place.webhooks.watching(event.repo.name);
    if (webhooks.empty()) return false;
    const bool is_discussion = event.scope.starts_with("discussion");
    json body = body_of(place, event);
    bool is_any = false;
    for (const Webhook& webhook : webhooks) {
      if (!(is_discussion ? webhook.of_discussions : webhook.of_repos)) continue;
      if (!may_know(place.catalog, webhook, event.repo)) continue;
      body["webhook"] = {{"id", std::to_string(webhook.id)}, {"version", 3}};
      if (place.webhooks.enqueue(webhook.id,
                                 body.dump(-1, ' ', false, json::error_handler_t::replace)))
        is_any = true;
      else
        log_warning("webhook {} is not told of a change: too much waits to be told", webhook.id);
    }
    return is_any;
  } catch (const std::exception& error) {
    log_warning("webhooks are not told of a change of repository {}: {}", event.repo.id,
                error.what());
    return false;
  }
}

}  // namespace mhub::serve
