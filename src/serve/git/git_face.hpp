#pragma once
// git smart HTTP. Protocol: docs/protocol/git.md.

#include <filesystem>
#include <vector>

#include <mhub/serve/server.hpp>

#include "git/child.hpp"
#include "http/gate.hpp"
#include "router.hpp"

namespace mhub::serve {

std::vector<Route> git_routes(const ServeLimits& limits);

/// git with this hub's settings.
GitSetup git_setup(const Hub& hub);
/// A place among the requests with a git child. Throws Refused 503.
HeldPass take_git_place(const Call& call);
/// Makes a bare repository with the default branch main and no commits. Blocks. Throws Error: io.
void make_git_repo(const GitSetup& setup, const std::filesystem::path& folder);

}  // namespace mhub::serve
