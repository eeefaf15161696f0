// mhub repo

#include <mhub/base/error.hpp>
#include <mhub/wire/repo_name.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "hub_choice.hpp"
#include "repo_type.hpp"
#include "secret_input.hpp"

namespace mhub::cli {
namespace {

struct RepoCommand {
  std::string hub;
  std::string name;
  std::string type;
  bool is_private = false;
  bool exist_ok = false;
  bool missing_ok = false;
  bool yes = false;
  std::uint64_t limit = 1000;
};

struct OwnedName {
  std::string owner;  ///< empty: the caller's own namespace
  std::string name;
  wire::RepoType type = wire::RepoType::model;
};

// "name", "owner/name" or "datasets/owner/name".
OwnedName read_name(const RepoCommand& command) {
  OwnedName found{"", command.name, repo_type(command.type)};
  if (command.name.find('/') == std::string::npos) {
    if (wire::is_valid_name_part(command.name)) return found;
  } else if (const auto plain = wire::parse_repo_id(command.name, found.type)) {
    return {plain->owner, plain->name, found.type};
  } else if (const auto typed = wire::parse_repo_path(command.name);
             typed && (command.type.empty() || typed->type == found.type)) {
    return {typed->owner, typed->name, typed->type};
  }
  throw Error(ErrorKind::usage, "{} is no name for a repository", printable(command.name))
      .hint("names read like team/model, of letters, digits, '-', '_' and '.'");
}

int create(Context& context, const RepoCommand& command) {
  const OwnedName name = read_name(command);
  HubSession session(context, command.hub);
  wire::CreateRepoRequest request;
  request.type = name.type;
  request.owner = name.owner;
  request.name = name.name;
  request.is_private = command.is_private;
  request.initial_commit = false;  // whatever is pushed first begins its history
  bool existed = false;
  wire::CreateRepoAnswer answer;
  try {
    answer = session.api.create_repo(request);
  } catch (const Error& error) {
    if (!command.exist_ok || error.kind() != ErrorKind::conflict) throw;
    existed = true;
    const std::string owner = name.owner.empty() ? session.api.whoami().name : name.owner;
    const wire::RepoName full{name.type, owner, name.name};
    answer = {net::join_url(session.url.str(), full.path()), full.id(), ""};
  }
  context.end_progress();
  if (context.json()) {
    context.out().document({{"id", answer.id},
                            {"url", answer.url},
                            {"type", wire::name_of(name.type)},
                            {"existed", existed}});
  } else {
    context.out().print("{} {}\n", existed ? "exists:" : "made", printable(answer.url));
  }
  return kExitDone;
}

int list(Context& context, const RepoCommand& command) {
  HubSession session(context, command.hub);
  std::vector<wire::RepoType> types{wire::RepoType::model, wire::RepoType::dataset,
                                    wire::RepoType::space};
  if (!command.type.empty()) types = {repo_type(command.type)};
  Json all = Json::array();
  for (const wire::RepoType type : types) {
    for (const wire::RepoListItem& item :
         session.api.list_repos(type, command.name, command.limit)) {
      if (context.json()) {
        all.push_back({{"id", item.id},
                       {"type", wire::name_of(type)},
                       {"private", item.is_private},
                       {"sha", item.sha},
                       {"last_modified", item.last_modified}});
      } else {
        context.out().print("{:<8} {}{}\n", wire::name_of(type), printable(item.id),
                            item.is_private ? "  (private)" : "");
      }
    }
  }
  if (context.json()) context.out().document(all);
  return kExitDone;
}

int remove(Context& context, const RepoCommand& command) {
  const OwnedName name = read_name(command);
  HubSession session(context, command.hub);
  if (!command.yes &&
      !confirmed(context, fmt::format("Delete {} at {} with all its data?", printable(command.name),
                                      session.url.host_and_port()))) {
    throw Error(ErrorKind::usage, "nothing was deleted").hint("--yes deletes without asking");
  }
  wire::DeleteRepoRequest request;
  request.type = name.type;
  request.owner = name.owner;
  request.name = name.name;
  try {
    session.api.delete_repo(request);
  } catch (const Error& error) {
    if (!command.missing_ok || error.kind() != ErrorKind::not_found) throw;
  }
  context.end_progress();
  if (context.json()) {
    context.out().document({{"deleted", command.name}});
  } else {
    context.summary("deleted {}", printable(command.name));
  }
  return kExitDone;
}

}  // namespace

void add_repo(CLI::App& app, Context& context) {
  auto options = std::make_shared<RepoCommand>();
  CLI::App* command =
      add_command(app, "repo", "Make, list and delete repositories on a hub", group::kHub);
  command->require_subcommand(1);
  examples(command, {"mhub repo create team/model --private", "mhub repo list team",
                     "mhub repo delete team/model --yes"});
  const auto common = [&](CLI::App* sub) {
    value(sub, "--type", options->type, "model|dataset|space", "What kind of repository")
        ->check(CLI::IsMember({"model", "dataset", "space"}).description(""));
    value(sub, "--hub", options->hub, "URL", "The hub; the default one if left out");
  };

  CLI::App* make = command->add_subcommand("create", "Make a repository");
  argument(make, "NAME", options->name, "owner/name, or name in your own namespace")->required();
  common(make);
  flag(make, "--private", options->is_private, "Only its owners may read it");
  flag(make, "--exist-ok", options->exist_ok, "It is fine if it exists already");
  on_run(make, context, [options, &context] { return create(context, *options); });

  CLI::App* show = command->add_subcommand("list", "List repositories that you may read");
  argument(show, "OWNER", options->name, "Only those of this user or organisation");
  common(show);
  number(show, "--limit", options->limit, "N", "At most N of each kind; 1000 if left out")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1000000}).description(""));
  on_run(show, context, [options, &context] { return list(context, *options); });

  CLI::App* drop = command->add_subcommand("delete", "Delete a repository with all its data");
  argument(drop, "NAME", options->name, "owner/name")->required();
  common(drop);
  flag(drop, "-y,--yes", options->yes, "Don't ask");
  flag(drop, "--missing-ok", options->missing_ok, "It is fine if there is none");
  on_run(drop, context, [options, &context] { return remove(context, *options); });
}

}  // namespace mhub::cli
