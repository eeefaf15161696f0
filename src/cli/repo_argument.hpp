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
  std::string owner;  ///< empty: none was given
  std::string name;
  wire::RepoType type = wire::RepoType::model;
  /// A name alone behind "hf:" or in an address: one of Hugging Face's old repositories.
  bool is_canonical = false;
};

/// "name", "owner/name", "datasets/owner/name", "hf:owner/name" (also "hf://owner/name") or the
/// repository's address. Credentials in an address are kept for its origin. Throws Error: usage.
RepoArgument read_repo(Context& context, const RepoWords& words);

/// A name alone is one in the caller's own namespace, unless it is canonical. Throws Error: denied,
/// network.
wire::RepoName full_name(HubSession& session, const RepoArgument& repo);
/// The same, also for a canonical one: what is yet to be made lies in the own namespace.
wire::RepoName own_name(HubSession& session, const RepoArgument& repo);
/// The same where anybody's may be meant: on Hugging Face every name alone is a canonical one.
wire::RepoName name_to_read(Context& context, HubSession& session, const RepoArgument& repo);

/// --type, also known as --repo-type, and --hub.
void add_repo_options(CLI::App* command, RepoWords& words);

}  // namespace mhub::cli
