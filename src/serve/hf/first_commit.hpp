#pragma once
// How a repository begins: with a .gitattributes that makes the usual formats of weights and data
// large files, as clients expect of a new one.

#include <string>

#include <mhub/repo/objects.hpp>
#include <mhub/wire/hub_repos.hpp>

namespace mhub::serve {

/// The same bytes that Hugging Face's hub puts there, so that its clients see the same blob.
std::string first_gitattributes(wire::RepoType type);

/// The tree of just that file, written.
repo::ObjectId first_tree(repo::Repository& repository, wire::RepoType type);

/// That tree with the files and the license's README.md that the request asks for. Throws Refused
/// 422 for paths that cannot be checked out and for pointers, whose content nobody can have sent
/// yet.
repo::ObjectId first_tree(repo::Repository& repository, const wire::CreateRepoRequest& request);

/// Begins the default branch with `tree`, and returns its commit; that of somebody else if the
/// branch has begun meanwhile. Throws Error: busy, io.
repo::ObjectId make_first_commit(repo::Repository& repository, const repo::ObjectId& tree,
                                 const repo::Signature& who);

}  // namespace mhub::serve
