#pragma once
// A repository's files as the hub's reading routes see them: a blob of git, or the large file that
// a blob stands for.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <mhub/repo/objects.hpp>
#include <mhub/wire/hub_tree.hpp>

#include "catalog/catalog.hpp"
#include "git/pointer_walk.hpp"
#include "hf/revision.hpp"
#include "router.hpp"

namespace mhub::serve {

struct HubFile {
  repo::ObjectId blob;
  std::uint64_t blob_bytes = 0;
  std::optional<WalkedPointer> pointer;  ///< of a large file
  std::uint64_t size_bytes() const { return pointer ? pointer->size_bytes : blob_bytes; }
};

/// The git repository of a call whose rights have been checked.
repo::Repository open_git(const Call& call);

HubFile read_hub_file(repo::Repository& git, const repo::PathEntry& entry);

/// What the hub holds for a large file of the call's repository; nothing for other files, and for a
/// pointer whose bytes it has not.
std::optional<RepoFile> find_held(const Call& call, const HubFile& file);

/// A file or folder as listings show it.
wire::TreeEntry tree_entry(const Call& call, repo::Repository& git, repo::PathEntry entry);

/// What lies at the path of `where` (not the root); nothing if nothing does, or a submodule.
std::optional<repo::PathEntry> find_entry(repo::Repository& git, const RevisionPath& where);

/// 404, with the commit in which the path was looked for: clients remember that it has none.
Response no_entry(const Call& call, const Revision& revision);

inline constexpr std::string_view kRepoCommitHeader = "X-Repo-Commit";
inline constexpr std::string_view kErrorEntryNotFound = "EntryNotFound";

}  // namespace mhub::serve
