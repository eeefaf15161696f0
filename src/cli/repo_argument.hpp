#pragma once
// A repository on a hub as the command line names it.

#include <string>

#include <CLI/CLI.hpp>

#include <mhub/wire/repo_name.hpp>

#include "hub_choice.hpp"

namespace mhub::cli {

/// What the user wrote; bound to a command's options.
struct RepoWords {
  std::string name;
  std::string type;  ///< --type
  std::string hub;   ///< --hub
};

struct RepoArgument {
  std::string hub;    ///< for HubSession; empty: the default one
  std::string owner;  ///< empty: the caller's own namespace
  std::string name;
  wire::RepoType type = wire::RepoType::model;
};

/// "name", "owner/name", "datasets/owner/name", "hf:owner/name" or the repository's address. Throws
/// Error: usage.
RepoArgument read_repo(Context& context, const RepoWords& words);

/// With the caller's own name where none was given. Throws Error: denied, network.
wire::RepoName full_name(HubSession& session, const RepoArgument& repo);

/// --type and --hub.
void add_repo_options(CLI::App* command, RepoWords& words);

}  // namespace mhub::cli
