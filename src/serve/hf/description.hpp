#pragma once
// A repository as GET /api/{type} and GET /api/{type}/{repo} describe it.

#include <functional>

#include <mhub/repo/objects.hpp>
#include <mhub/wire/hub_info.hpp>

#include "catalog/facts.hpp"
#include "router.hpp"

namespace mhub::serve {

/// What `expand` of the query names. Throws Refused 400 for too many.
wire::RepoProperties properties_of(const Request& request);

/// All but siblings and storage.
wire::RepoDescription description_of(const RepoInfo& repo, const RepoFacts& facts,
                                     const RepoCounts& counts);

/// Passes every file of `commit` to `use`, wire::kInfoMaxSiblings at most; `with_blobs` with sizes.
void each_sibling(repo::Repository& git, const repo::ObjectId& commit, bool with_blobs,
                  const std::function<void(const wire::RepoSibling&)>& use);

}  // namespace mhub::serve
