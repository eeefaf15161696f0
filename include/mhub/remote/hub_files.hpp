#pragma once
// What a hub says of a repository's files and commits. Errors as HubApi says.

#include <map>
#include <span>
#include <string>
#include <string_view>

#include <mhub/remote/hub_api.hpp>
#include <mhub/wire/hub_tree.hpp>

namespace mhub::remote {

/// For hubs that say a file's Xet hash only in listings, as Hugging Face does: path to hash for
/// those of `paths` that the hub keeps as Xet files at `revision` (a branch or a commit). A hub
/// without such listings, or without the revision, gives an empty map. What the hub says of a file
/// must be checked against its SHA-256 once it is put together.
std::map<std::string, xet::FileHash> resolve_xet_hashes(HubApi& api, const wire::RepoName& repo,
                                                        std::string_view revision,
                                                        std::span<const std::string> paths);

/// True if `commit` is the first one of its history and holds nothing but `path`.
bool is_first_commit_with_only(HubApi& api, const wire::RepoName& repo, std::string_view commit,
                               std::string_view path);

}  // namespace mhub::remote
