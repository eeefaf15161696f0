#pragma once
// What clients call a state of a repository. A revision stands in the middle of paths, some clients
// escape its slashes (once, or twice) and some do not, so where it ends depends on which refs
// exist.

#include <optional>
#include <string>
#include <string_view>

#include <mhub/repo/object_id.hpp>
#include <mhub/repo/repository.hpp>

namespace mhub::serve {

struct Revision {
  std::string name;  ///< as it was asked for, decoded
  /// Nothing for the default branch of a repository that has no commits yet.
  std::optional<repo::ObjectId> commit;
  bool is_fixed = false;  ///< named by its full id, so what it holds never changes
};

/// The revision of that (decoded) name: "HEAD", a branch, a tag, "refs/pr/1", "refs/convert/x",
/// "refs/heads/x", "refs/tags/x", a full commit id or the beginning of one (5 digits or more).
/// Branches go before tags, and both before ids.
std::optional<Revision> revision_named(repo::Repository& git, const std::string& name);

/// The commit of that revision; nothing too for a repository without commits.
std::optional<repo::ObjectId> commit_named(repo::Repository& git, const std::string& name);
/// The commit that a reference, by its full name, leads to.
std::optional<repo::ObjectId> commit_of_ref(repo::Repository& git, const std::string& ref);

/// The name that the whole rest of a path stands for, whether it exists or not: escaped once, twice
/// or not at all. Throws Refused 404 for one that is malformed.
std::string revision_from(std::string_view rest);
[[noreturn]] void refuse_revision(std::string_view name);

struct RevisionPath {
  Revision revision;
  std::string path;  ///< decoded, without a slash at either end; empty for the root
};

/// Takes "{rev}" or "{rev}/{path}", not decoded, apart. Throws Refused: 404 RevisionNotFound, 422
/// for a path that cannot be one in a repository.
RevisionPath require_revision_path(repo::Repository& git, std::string_view rest);

/// The same where nothing but the revision may stand.
Revision require_revision(repo::Repository& git, std::string_view rest);

/// True for a path from the root with "/" between names, none of them empty, "." or "..", and
/// without backslashes and NUL.
bool is_plain_repo_path(std::string_view path);

}  // namespace mhub::serve
