#pragma once
// git smart HTTP. Protocol: docs/protocol/git.md.

#include <filesystem>
#include <vector>

#include <mhub/serve/server.hpp>

#include "git/child.hpp"
#include "router.hpp"

namespace mhub::serve {

std::vector<Route> git_routes(const ServeLimits& limits);

/// git with this hub's settings.
GitSetup git_setup(const Hub& hub);
/// Makes a bare repository with the default branch main and no commits. Blocks. Throws Error: io.
void make_git_repo(const GitSetup& setup, const std::filesystem::path& folder);

}  // namespace mhub::serve
