// mhub repo

#include <mhub/base/error.hpp>
#include <mhub/remote/hub_repos.hpp>
#include <mhub/wire/repo_name.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "repo_argument.hpp"
#include "repo_commands.hpp"
#include "repo_type.hpp"
#include "secret_input.hpp"

namespace mhub::cli {
namespace {

struct RepoCommand {
  RepoWords repo;
  std::string space_sdk;
  bool is_private = false;
  bool exist_ok = false;
  bool missing_ok = false;
  bool yes = false;
  std::uint64_t limit = 1000;
};

int create(Context& context, const RepoCommand& command) {
  const RepoArgument name = read_repo(context, command.repo);
  if (!command.space_sdk.empty() && name.type != wire::RepoType::space)
    throw Error(ErrorKind::usage, "--space-sdk is for spaces").hint("add --type space");
  HubSession session(context, name.hub);
  wire::CreateRepoRequest request;
  request.type = name.type;
  request.owner = name.owner;
  request.name = name.name;
  request.is_private = command.is_private;
  request.space_sdk = command.space_sdk;
  request.initial_commit = false;  // whatever is pushed first begins its history
  bool existed = false;
  wire::CreateRepoAnswer answer;
  try {
    answer = remote::create_repo(session.api, request);
  } catch (const Error& error) {
    if (!command.exist_ok || error.kind() != ErrorKind::conflict) throw;
    existed = true;
    const wire::RepoName full = own_name(session, name);
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
  HubSession session(context, command.repo.hub);
  std::vector<wire::RepoType> types{wire::RepoType::model, wire::RepoType::dataset,
                                    wire::RepoType::space};
  if (!command.repo.type.empty()) types = {repo_type(command.repo.type)};
  Json all = Json::array();
  for (const wire::RepoType type : types) {
    remote::RepoQuery query;
    query.author = command.repo.name;
    query.limit = command.limit;
    for (const wire::RepoListItem& item : remote::list_repos(session.api, type, query)) {
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
  const RepoArgument name = read_repo(context, command.repo);
  HubSession session(context, name.hub);
  if (!command.yes &&
      !confirmed(context, fmt::format("Delete {} at {} with all its data?",
                                      printable(command.repo.name), session.url.host_and_port()))) {
    throw Error(ErrorKind::usage, "nothing was deleted").hint("--yes deletes without asking");
  }
  wire::DeleteRepoRequest request;
  request.type = name.type;
  request.owner = name.owner;
  request.name = name.name;
  try {
    remote::delete_repo(session.api, request);
  } catch (const Error& error) {
    if (!command.missing_ok || error.kind() != ErrorKind::not_found) throw;
  }
  context.end_progress();
  if (context.json()) {
    context.out().document({{"deleted", command.repo.name}});
  } else {
    context.summary("deleted {}", printable(command.repo.name));
  }
  return kExitDone;
}

}  // namespace

void add_repo(CLI::App& app, Context& context) {
  auto options = std::make_shared<RepoCommand>();
  CLI::App* command =
      add_command(app, "repo", "Make, list, change and delete repositories on a hub", group::kHub);
  command->require_subcommand(1);
  examples(command, {"mhub repo create team/model --private", "mhub repo list team",
                     "mhub repo info hf:sentence-transformers/all-MiniLM-L6-v2",
                     "mhub repo delete team/model --yes"});

  CLI::App* make = command->add_subcommand("create", "Make a repository");
  argument(make, "NAME", options->repo.name, "owner/name, or name in your own namespace")
      ->required();
  add_repo_options(make, options->repo);
  flag(make, "--private", options->is_private, "Only its owners may read it");
  add_space_sdk(make, options->space_sdk);
  flag(make, "--exist-ok", options->exist_ok, "It is fine if it exists already");
  on_run(make, context, [options, &context] { return create(context, *options); });

  CLI::App* show = command->add_subcommand("list", "List repositories that you may read");
  argument(show, "OWNER", options->repo.name, "Only those of this user or organisation");
  add_repo_options(show, options->repo);
  number(show, "--limit", options->limit, "N", "At most N of each kind; 1000 if left out")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1000000}).description(""));
  on_run(show, context, [options, &context] { return list(context, *options); });

  add_repo_info(command, context);
  add_repo_move(command, context);
  add_repo_settings(command, context);
  add_repo_duplicate(command, context);

  CLI::App* drop = command->add_subcommand("delete", "Delete a repository with all its data");
  argument(drop, "NAME", options->repo.name, "owner/name")->required();
  add_repo_options(drop, options->repo);
  flag(drop, "-y,--yes", options->yes, "Don't ask");
  flag(drop, "--missing-ok", options->missing_ok, "It is fine if there is none");
  on_run(drop, context, [options, &context] { return remove(context, *options); });
}

}  // namespace mhub::cli
