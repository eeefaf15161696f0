#include "hf/changes.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <mhub/base/log.hpp>

#include "hf/write_target.hpp"
#include "hub.hpp"
#include "webhooks/events.hpp"

namespace mhub::serve {

namespace {

std::string hex_of(const std::optional<repo::ObjectId>& commit) {
  return commit ? commit->hex() : "";
}

void tell(const Call& call, HubEvent event) {
  Hub& hub = call.hub;
  if (const auto facts = hub.facts->find(event.repo.id)) event.head = facts->head;
  if (announce({*hub.catalog, *hub.webhooks, call.url()}, event)) hub.webhook_sender.wake();
}

template <class Do>
void quietly(const RepoInfo& repo, Do&& act) noexcept {
  try {
    act();
  } catch (const std::exception& error) {
    log_warning("what follows from a change of repository {} was not done: {}", repo.id,
                error.what());
  }
}

using nlohmann::json;

/// `id` of a user; nothing for one who is gone.
json person(const std::optional<std::int64_t>& id) {
  return id ? json{{"id", std::to_string(*id)}} : json(nullptr);
}

json discussion_json(const Call& call, const Discussion& discussion) {
  const std::string number = std::to_string(discussion.number);
  const wire::RepoName& name = call.repo->name;
  json shown = {{"id", std::to_string(discussion.repo) + "-" + number},
                {"num", discussion.number},
                {"title", discussion.title},
                {"status", std::string(wire::name_of(discussion.status))},
                {"isPullRequest", discussion.is_pull_request},
                {"author", person(discussion.author_id)},
                {"url",
                 {{"web", call.url() + "/" + name.path() + "/discussions/" + number},
                  {"api", call.url() + name.api_path() + "/discussions/" + number}}}};
  if (discussion.is_pull_request) shown["changes"] = {{"base", discussion.target_ref}};
  return shown;
}

}  // namespace

void refs_changed(const Call& call, const RepoInfo& repo,
                  const std::vector<RefChange>& changes) noexcept {
  if (changes.empty()) return;
  const bool is_default = std::any_of(changes.begin(), changes.end(), [](const RefChange& change) {
    return change.ref == kMainRef;
  });
  if (is_default) refresh_facts_quietly(call.hub.facts_place(), repo);
  quietly(repo, [&] {
    HubEvent event{"update", "repo.content", repo, {}, {}, {}};
    for (const RefChange& change : changes)
      event.refs.push_back({change.ref, hex_of(change.before), hex_of(change.after)});
    tell(call, std::move(event));
  });
}

void repo_changed(const Call& call, const RepoInfo& repo, std::string_view action,
                  std::string_view scope, std::string more_json) noexcept {
  quietly(repo, [&] {
    tell(call, {std::string(action), std::string(scope), repo, {}, {}, std::move(more_json)});
  });
}

void discussion_changed(const Call& call, const Discussion& discussion, std::string_view action,
                        const StoredEvent* comment) noexcept {
  quietly(*call.repo, [&] {
    json more = {{"discussion", discussion_json(call, discussion)}};
    if (comment != nullptr) {
      more["comment"] = {{"id", comment->event.id},
                         {"author", person(comment->author_id)},
                         {"content", comment->event.text},
                         {"hidden", comment->event.is_hidden},
                         {"url", {{"web", more["discussion"]["url"]["web"]}}}};
    }
    repo_changed(call, *call.repo, action, comment != nullptr ? "discussion.comment" : "discussion",
                 more.dump(-1, ' ', false, json::error_handler_t::replace));
  });
}

}  // namespace mhub::serve
