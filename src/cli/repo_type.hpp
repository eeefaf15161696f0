#pragma once
#include <string>

#include <mhub/wire/repo_name.hpp>

namespace CLI {
class App;
}

namespace mhub::cli {

/// The value of --type, "model" if it was left out. Throws Error: usage.
wire::RepoType repo_type(const std::string& text);

/// The type of a repository whose address says `named`, with the value of --type, or none, beside
/// it: an address that begins with no type leaves it to --type. Throws Error: usage, naming
/// `shown`, if the two differ.
wire::RepoType agreed_type(const std::string& shown, wire::RepoType named, const std::string& type);

/// Adds --space-sdk: what a space that is made runs on.
void add_space_sdk(CLI::App* command, std::string& sdk);

}  // namespace mhub::cli
