#pragma once
// What Hugging Face refuses of a push, found before anything is sent.

#include <vector>

#include <mhub/remote/git_transport.hpp>
#include <mhub/repo/pointers.hpp>
#include <mhub/repo/repository.hpp>

#include "hub_link.hpp"

namespace mhub::sync {

/// Files above this size must be large files there: 10 MB.
inline constexpr std::uint64_t kHuggingFaceBlobBytes = 10'000'000;

/// The Hub takes branches, tags and pull requests that exist, and keeps its main branch. Pure.
/// Throws Error: conflict, with a hint.
void check_refs_for_hugging_face(const std::vector<remote::RefPush>& wanted,
                                 const remote::RemoteRefs& on_hub);

/// Throws Error: conflict naming `too_large`, the files above kHuggingFaceBlobBytes that commits to
/// be pushed hold in git itself, if there are any. Pure.
void check_files_for_hugging_face(std::vector<repo::FoundBlob> too_large);

/// True if all that `commit` of the hub's repository leads to is the .gitattributes with which the
/// Hub begins every repository, and `ours` has one too: a history that was begun here may take its
/// place. Throws Error: network, denied, corrupt.
bool may_replace_first_commit(repo::Repository& repository, HubLink& link,
                              const std::string& commit, const repo::ObjectId& ours);

}  // namespace mhub::sync
