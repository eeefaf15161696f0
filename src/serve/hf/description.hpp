#pragma once
// A repository as GET /api/{type} and GET /api/{type}/{repo} describe it.

#include <vector>

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

/// Every file of `commit`, up to wire::kInfoMaxSiblings in the list; `with_blobs` with sizes.
void add_siblings(repo::Repository& git, const repo::ObjectId& commit, bool with_blobs,
                  std::vector<wire::RepoSibling>& siblings);

/// Sum of the large files that the repository lists.
std::uint64_t stored_bytes(const Hub& hub, std::int64_t repo);

}  // namespace mhub::serve
