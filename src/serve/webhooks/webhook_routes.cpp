#include "webhooks/webhook_routes.hpp"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include <mhub/base/json_bounds.hpp>
#include <mhub/net/url.hpp>

#include "hub.hpp"

namespace mhub::serve {

namespace {

using nlohmann::json;

constexpr std::size_t kValues = 2000;
constexpr std::size_t kWatchedAtMost = 100;
constexpr std::size_t kUrlBytes = 2000;
constexpr std::size_t kNameBytes = 200;
constexpr std::size_t kSecretBytes = 500;

json read_body(const Call& call) {
  if (!is_within_json_bounds(call.body, kValues)) throw Refused(400, "the request is no JSON");
  json body = json::parse(call.body, nullptr, false);
  if (!body.is_object()) throw Refused(400, "the request is no JSON object");
  return body;
}

/// Nothing too for null.
std::optional<std::string> text_of(const json& object, const char* key, std::size_t bytes) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (!found->is_string() || found->get_ref<const std::string&>().size() > bytes)
    throw Refused(400, std::string(key) + " is no text, or too long");
  return found->get<std::string>();
}

std::vector<WatchedItem> watched_from(const json& body) {
  static constexpr std::string_view kTypes[] = {"model", "dataset", "space", "user", "org"};
  std::vector<WatchedItem> watched;
  const auto found = body.find("watched");
  if (found == body.end() || found->is_null()) return watched;
  if (!found->is_array() || found->size() > kWatchedAtMost)
    throw Refused(400, "watched is no list, or too long");
  for (const json& entry : *found) {
    if (!entry.is_object()) throw Refused(400, "watched holds what is no object");
    WatchedItem item{text_of(entry, "type", kNameBytes).value_or(""),
                     text_of(entry, "name", kNameBytes).value_or("")};
    if (std::find(std::begin(kTypes), std::end(kTypes), item.type) == std::end(kTypes))
      throw Refused(400, "only model, dataset, space, user and org can be watched");
    const auto type = wire::parse_repo_type(item.type);
    if (type ? !wire::parse_repo_id(item.name, *type) : !wire::is_valid_name_part(item.name))
      throw Refused(400, "watched names nothing that can be");
    watched.push_back(std::move(item));
  }
  return watched;
}

/// What the body says of it; what it leaves out stays.
void take(const json& body, Webhook& webhook) {
  if (body.contains("jobSourceId"))
    throw Refused(501, "NotImplemented", "this hub does not offer jobs; name a url");
  if (auto url = text_of(body, "url", kUrlBytes)) {
    const auto parsed = net::parse_url(*url);
    if (!parsed || !parsed->user.empty() || !parsed->password.empty())
      throw Refused(400, "url is no http or https address without user and password");
    webhook.url = std::move(*url);
  }
  // An empty list is what clients send for one that is to stay.
  if (auto watched = watched_from(body); !watched.empty()) webhook.watched = std::move(watched);
  if (auto secret = text_of(body, "secret", kSecretBytes)) {
    // It travels as the value of a header.
    const auto is_plain = [](char c) { return c >= ' ' && c < 0x7f; };
    if (!std::all_of(secret->begin(), secret->end(), is_plain) || secret->starts_with(' ') ||
        secret->ends_with(' '))
      throw Refused(400, "secret may hold ASCII letters, digits and signs alone");
    webhook.secret = std::move(*secret);
  }
  if (const auto domains = body.find("domains"); domains != body.end() && !domains->is_null()) {
    if (!domains->is_array()) throw Refused(400, "domains is no list");
    webhook.of_repos = webhook.of_discussions = false;
    for (const json& domain : *domains) {
      if (domain == "repo")
        webhook.of_repos = true;
      else if (domain == "discussion" || domain == "discussions")
        webhook.of_discussions = true;
      else
        throw Refused(400, "domains may name repo and discussions");
    }
  }
  if (webhook.url.empty() || webhook.watched.empty())
    throw Refused(400, "a webhook needs a url and something to watch");
}

json shown(const Call& call, const Webhook& webhook) {
  json domains = json::array();
  if (webhook.of_repos) domains.push_back("repo");
  if (webhook.of_discussions) domains.push_back("discussions");
  json watched = json::array();
  for (const WatchedItem& item : webhook.watched)
    watched.push_back({{"type", item.type}, {"name", item.name}});
  json answer = {{"id", std::to_string(webhook.id)},
                 {"url", webhook.url},
                 {"watched", watched},
                 {"domains", domains},
                 {"disabled", webhook.is_disabled}};
  // Whoever may only look around is not told.
  if (!webhook.secret.empty() && call.who.token->scope >= TokenScope::write)
    answer["secret"] = webhook.secret;
  return answer;
}

Response answer(const Call& call, const Webhook& webhook) {
  return json_response(200, json{{"webhook", shown(call, webhook)}}.dump());
}

/// A webhook tells of all that its user may see.
void refuse_limited(const Call& call) {
  if (call.who.token->is_limited)
    throw Refused(403, "a limited token does not reach its user's settings");
}

Webhook require_webhook(const Call& call) {
  const std::string& text = call.words[0];
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  std::optional<Webhook> found;
  if (error == std::errc() && end == text.data() + text.size())
    found = call.hub.webhooks->find(call.who.user->id, id);
  if (!found) throw Refused(404, "There is no such webhook");
  return std::move(*found);
}

Response list(Call& call) {
  json all = json::array();
  for (const Webhook& webhook : call.hub.webhooks->list(call.who.user->id))
    all.push_back(shown(call, webhook));
  return json_response(200, all.dump());
}

Response create(Call& call) {
  Webhook webhook;
  webhook.user_id = call.who.user->id;
  take(read_body(call), webhook);
  const auto made = call.hub.webhooks->add(webhook);
  if (!made) throw Refused(400, "you have too many webhooks");
  return answer(call, *made);
}

Response show(Call& call) {
  return answer(call, require_webhook(call));
}

Response update(Call& call) {
  Webhook webhook = require_webhook(call);
  take(read_body(call), webhook);
  call.hub.webhooks->update(webhook);
  return answer(call, webhook);
}

Response remove(Call& call) {
  const Webhook webhook = require_webhook(call);
  call.hub.webhooks->remove(webhook.user_id, webhook.id);
  return json_response(200, "{}");
}

Response set_disabled(Call& call, bool is_disabled) {
  Webhook webhook = require_webhook(call);
  webhook.is_disabled = is_disabled;
  call.hub.webhooks->update(webhook);
  return answer(call, webhook);
}

}  // namespace

std::vector<Route> webhook_routes(const ServeLimits& limits) {
  std::vector<Route> routes;
  const auto add = [&](Method method, const std::string& path, Access access,
                       std::function<Response(Call&)> handle) {
    Route route;
    route.method = method;
    route.pattern = "/api/settings/webhooks" + path;
    route.access = access;
    route.run = Run::worker;
    route.body_limit_bytes = method == Method::post ? limits.json_body_bytes : 0;
    route.handle = [handle = std::move(handle)](Call& call) {
      refuse_limited(call);
      return handle(call);
    };
    routes.push_back(std::move(route));
  };
  add(Method::get, "", Access::user, list);
  add(Method::post, "", Access::writer, create);
  add(Method::get, "/{id}", Access::user, show);
  add(Method::post, "/{id}", Access::writer, update);
  add(Method::del, "/{id}", Access::writer, remove);
  add(Method::post, "/{id}/enable", Access::writer,
      [](Call& call) { return set_disabled(call, false); });
  add(Method::post, "/{id}/disable", Access::writer,
      [](Call& call) { return set_disabled(call, true); });
  return routes;
}

}  // namespace mhub::serve
