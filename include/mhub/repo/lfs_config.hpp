#pragma once
// .lfsconfig: where a project says, for everybody who clones it, what its large files' server is.

#include <map>
#include <string>

#include <mhub/repo/repository.hpp>

namespace mhub::repo {

/// What the project's .lfsconfig sets, by keys as git spells them ("remote.Mine.lfsurl"): that of
/// the work tree, without one that of the index, else of HEAD, as git-lfs looks for it. Anybody who
/// can commit writes this file, so only settings that name a server are taken from it (lfs.url,
/// lfs.pushurl, remote.*.lfsurl); what is done with them is to be as careful. The user's own
/// settings go before. Throws Error: config for a malformed file.
std::map<std::string, std::string> read_lfs_config(Repository& repository);

}  // namespace mhub::repo
