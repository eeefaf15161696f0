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
  const std::string text =
      words.name.starts_with("hf://") ? "hf:" + words.name.substr(5) : words.name;
  const remote::RemoteAddress address = remote::parse_remote(text, context.hubs());
  if (!address.repo) {
    throw Error(ErrorKind::usage, "{} names no repository of a hub", printable(address.url))
        .hint("write owner/name, datasets/owner/name, hf:owner/name or a URL");
  }
  const RepoArgument found{address.hub_url, address.repo->owner, address.repo->name,
                           agreed_type(address.url, address.repo->type, words.type),
                           address.repo->owner.empty()};
  context.connections(found.hub).credentials.add_from_url(net::require_url(found.hub), address.user,
                                                          address.password);
  return found;
}

}  // namespace

RepoArgument read_repo(Context& context, const RepoWords& words) {
  context.find_repository();  // for its settings
  if (is_address(words.name)) return read_address(context, words);
  const wire::RepoType type = repo_type(words.type);
  if (wire::is_valid_name_part(words.name)) return {words.hub, "", words.name, type};
  const auto fits = [&](const wire::RepoName& typed) {
    return words.type.empty() || typed.type == type;
  };
  if (const auto plain = wire::parse_repo_id(words.name, type);
      plain && !wire::is_reserved_namespace(plain->owner))
    return {words.hub, plain->owner, plain->name, type};
  if (const auto typed = wire::parse_repo_path(words.name); typed && fits(*typed))
    return {words.hub, typed->owner, typed->name, typed->type};
  if (const auto alone = wire::parse_canonical_path(words.name); alone && fits(*alone))
    return {words.hub, "", alone->name, alone->type};
  throw Error(ErrorKind::usage, "{} is no name for a repository", printable(words.name))
      .hint("names read like team/model, of letters, digits, '-', '_' and '.'");
}

wire::RepoName full_name(HubSession& session, const RepoArgument& repo) {
  if (repo.is_canonical) return {repo.type, "", repo.name};
  return own_name(session, repo);
}

wire::RepoName own_name(HubSession& session, const RepoArgument& repo) {
  return {repo.type, repo.owner.empty() ? session.api.whoami().name : repo.owner, repo.name};
}

wire::RepoName name_to_read(Context& context, HubSession& session, const RepoArgument& repo) {
  if (repo.owner.empty() && remote::is_hugging_face(session.url.str(), context.hubs()))
    return {repo.type, "", repo.name};
  return full_name(session, repo);
}

void add_repo_options(CLI::App* command, RepoWords& words) {
  value(command, "--repo-type,--type", words.type, "model|dataset|space", "What kind of repository")
      ->check(CLI::IsMember({"model", "dataset", "space"}).description(""));
  value(command, "--hub", words.hub, "URL", "The hub; the default one if left out");
}

}  // namespace mhub::cli
