#include "hf/changes.hpp"

#include <algorithm>

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

}  // namespace mhub::serve
