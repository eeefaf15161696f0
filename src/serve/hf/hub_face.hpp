#pragma once
// The hub's REST routes, in the shapes of Hugging Face's API: who am I, making and deleting
// repositories.

#include <vector>

#include <mhub/serve/server.hpp>

#include "data_folder.hpp"
#include "git/child.hpp"
#include "router.hpp"

namespace mhub::serve {

std::vector<Route> hub_routes(const ServeLimits& limits);

/// Throws Refused 403 unless the caller may make that repository.
void require_namespace(const Call& call, const wire::RepoName& name);
/// 200 with the address of a repository that was made.
Response made_answer(const Call& call, const wire::RepoName& name);
/// 409 for one that exists: clients that may find it there read its address from the refusal.
Response exists_answer(const Call& call, const wire::RepoName& name);

/// Makes catalog entry and bare repository, for the routes and for `mhub admin`; `sdk` is a
/// space's. Throws Error: usage for a reserved name, conflict if it exists.
struct NewRepo {
  Catalog& catalog;
  const DataFolder& folder;
  const GitSetup& git;
};
RepoInfo create_repo(const NewRepo& where, const wire::RepoName& name, bool is_private,
                     std::optional<std::int64_t> creator_id, const std::string& sdk = {});
/// Makes the git repositories that a crash kept from being made. One that large files belong to had
/// commits: it is left missing, with a warning, since an empty one in its place would pass for it.
void make_missing_folders(const NewRepo& where);
/// Removes catalog entry and git repository.
void delete_repo(Catalog& catalog, const DataFolder& folder, const RepoInfo& repo);

}  // namespace mhub::serve
