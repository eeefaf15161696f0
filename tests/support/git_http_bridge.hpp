#pragma once
// git's own server programs behind the test server, as a web server's CGI bridge would run them.

#include <filesystem>
#include <string>
#include <vector>

#include "support/http_test_server.hpp"

namespace mhub::test {

/// Runs `git arguments…` in `folder` without the user's settings; its standard output. Throws
/// std::runtime_error unless it ends with 0.
std::string git(const std::filesystem::path& folder, std::vector<std::string> arguments,
                const std::string& input = {}, const std::string& protocol = {});

/// Serves "/NAME/info/refs", "/NAME/git-upload-pack" and "/NAME/git-receive-pack" of the bare
/// repositories in `root`.
Reply serve_git(const std::filesystem::path& root, const Received& received);

}  // namespace mhub::test
