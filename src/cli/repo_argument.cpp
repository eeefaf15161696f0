#include "repo_argument.hpp"

#include <mhub/base/error.hpp>
#include <mhub/remote/address.hpp>

#include "command.hpp"
#include "repo_type.hpp"

namespace mhub::cli {
namespace {

bool is_address(const std::string& text) {
  return text.starts_with("hf:") || text.starts_with("http://") || text.starts_with("https://");
}

RepoArgument read_address(Context& context, const RepoWords& words) {
  if (!words.hub.empty()) {
    throw Error(ErrorKind::usage, "the repository's address names its hub; leave --hub out");
  }
  context.find_repository();  // for its settings
  const remote::RemoteAddress address = remote::parse_remote(words.name, context.hubs());
  if (!address.user.empty() || !address.password.empty()) {
    throw Error(ErrorKind::usage, "give the repository's address without credentials");
  }
  if (!address.repo) {
    throw Error(ErrorKind::usage, "{} names no repository of a hub", printable(address.url));
  }
  return {address.hub_url, address.repo->owner, address.repo->name,
          agreed_type(address.url, address.repo->type, words.type)};
}

}  // namespace

RepoArgument read_repo(Context& context, const RepoWords& words) {
  if (is_address(words.name)) return read_address(context, words);
  RepoArgument found{words.hub, "", words.name, repo_type(words.type)};
  if (words.name.find('/') == std::string::npos) {
    if (wire::is_valid_name_part(words.name)) return found;
  } else if (const auto plain = wire::parse_repo_id(words.name, found.type)) {
    return {words.hub, plain->owner, plain->name, found.type};
  } else if (const auto typed = wire::parse_repo_path(words.name);
             typed && (words.type.empty() || typed->type == found.type)) {
    return {words.hub, typed->owner, typed->name, typed->type};
  }
  throw Error(ErrorKind::usage, "{} is no name for a repository", printable(words.name))
      .hint("names read like team/model, of letters, digits, '-', '_' and '.'");
}

wire::RepoName full_name(HubSession& session, const RepoArgument& repo) {
  return {repo.type, repo.owner.empty() ? session.api.whoami().name : repo.owner, repo.name};
}

void add_repo_options(CLI::App* command, RepoWords& words) {
  value(command, "--type", words.type, "model|dataset|space", "What kind of repository")
      ->check(CLI::IsMember({"model", "dataset", "space"}).description(""));
  value(command, "--hub", words.hub, "URL", "The hub; the default one if left out");
}

}  // namespace mhub::cli
