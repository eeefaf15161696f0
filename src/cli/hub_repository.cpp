#include "hub_repository.hpp"

#include <CLI/CLI.hpp>

#include <mhub/base/error.hpp>
#include <mhub/net/url.hpp>
#include <mhub/remote/credentials.hpp>

#include "command.hpp"
#include "repo_type.hpp"

namespace mhub::cli {

HubRepository hub_repository(Context& context, const std::string& text, const std::string& type) {
  context.find_repository();  // for its settings
  const std::string plain = text.starts_with("hf://") ? "hf:" + text.substr(5) : text;
  remote::RemoteAddress address = remote::parse_remote(plain, context.hubs());
  // As it was written it may hold credentials.
  const std::string& shown = address.is_local() ? text : address.url;
  if (address.is_local() || !address.repo) {
    throw Error(ErrorKind::usage, "{} names no repository on a hub", printable(shown))
        .hint("write owner/name, datasets/owner/name, hf:owner/name or a URL");
  }
  address.repo->type = agreed_type(shown, address.repo->type, type);
  HubRepository found{address.hub_url, *address.repo, context.connections(address.hub_url)};
  found.connections.credentials.add_from_url(net::require_url(found.hub_url), address.user,
                                             address.password);
  return found;
}

void add_hub_repository(CLI::App* command, std::string& text, std::string& type) {
  argument(command, "REPO", text, "owner/name, datasets/owner/name, hf:… or a URL")->required();
  value(command, "--repo-type,--type", type, "model|dataset|space",
        "What kind of repository; model if left out")
      ->check(CLI::IsMember({"model", "dataset", "space"}).description(""));
}

void add_patterns(CLI::App* command, sync::NamePatterns& patterns) {
  values(command, "-I,--include", patterns.include, "GLOB",
         "Only files that match; may be given several times");
  values(command, "-X,--exclude", patterns.exclude, "GLOB",
         "No files that match; may be given several times");
}

}  // namespace mhub::cli
