#pragma once
// What follows once something of a repository has changed, whichever face changed it: listings are
// renewed, webhooks told. To be called after the change stands: nothing here can undo it, so
// nothing here fails.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/repo/object_id.hpp>

#include "catalog/discussions.hpp"
#include "router.hpp"

namespace mhub::serve {

/// A reference that was made (no `before`), moved, or removed (no `after`).
struct RefChange {
  std::string ref;  ///< its full name
  std::optional<repo::ObjectId> before;
  std::optional<repo::ObjectId> after;
};

/// References of `repo` were changed by `call`. Moves of the default branch renew what listings
/// show.
void refs_changed(const Call& call, const RepoInfo& repo,
                  const std::vector<RefChange>& changes) noexcept;

/// Something else happened to `repo`. `action` is create, delete, move or update, `scope` is repo
/// or repo.config; `more_json`: further members of what webhooks get ("updatedConfig", "movedTo"),
/// as a JSON object, or nothing.
void repo_changed(const Call& call, const RepoInfo& repo, std::string_view action,
                  std::string_view scope, std::string more_json = {}) noexcept;

/// A discussion of the call's repository was made (create) or changed (update), or with `comment`
/// one of its comments was.
void discussion_changed(const Call& call, const Discussion& discussion, std::string_view action,
                        const StoredEvent* comment = nullptr) noexcept;

}  // namespace mhub::serve
