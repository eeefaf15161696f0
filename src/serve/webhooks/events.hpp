#pragma once
// What happens to repositories, as webhooks are told of it.

#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/webhooks.hpp"

namespace mhub::serve {

/// A reference that was made (no `before`), moved, or removed (no `after`); commits in hexadecimal.
struct UpdatedRef {
  std::string ref;  ///< its full name
  std::string before;
  std::string after;
};

struct HubEvent {
  std::string action;  ///< "create", "delete", "move", "update"
  std::string scope;  ///< "repo", "repo.content", "repo.config", "discussion", "discussion.comment"
  RepoInfo repo;
  std::string head;  ///< the default branch's commit; may be empty
  std::vector<UpdatedRef> refs;
  /// Further members of the body as a JSON object: "discussion", "comment", "movedTo" …
  std::string more_json;
};

struct EventPlace {
  Catalog& catalog;
  WebhooksTable& webhooks;
  std::string base_url;  ///< the hub's address in what is told
};

/// Writes down what is to be told to whom: to watchers of that kind of event whose user may read
/// the repository. True if anything was. What goes wrong is logged.
bool announce(const EventPlace& place, const HubEvent& event) noexcept;

}  // namespace mhub::serve
