#pragma once
// A repository on a hub, as the commands take it that need no repository on this machine.

#include <string>

#include <mhub/sync/download_files.hpp>
#include <mhub/wire/repo_name.hpp>

#include "context.hpp"

namespace CLI {
class App;
}

namespace mhub::cli {

struct HubRepository {
  std::string hub_url;  ///< without credentials
  wire::RepoName name;
  sync::Connections connections;
};

/// `text` is "owner/name" or "datasets/owner/name" on the default hub, "hf:owner/name" (also
/// "hf://owner/name") or a URL; `type` is "model", "dataset", "space" or empty. Credentials in a
/// URL are kept for its origin. Throws Error: usage.
HubRepository hub_repository(Context& context, const std::string& text, const std::string& type);

/// Adds REPO, and --type, which is also known as --repo-type: what hub_repository() reads.
void add_hub_repository(CLI::App* command, std::string& text, std::string& type);

/// Adds --include and --exclude for files of such a repository.
void add_patterns(CLI::App* command, sync::NamePatterns& patterns);

}  // namespace mhub::cli
