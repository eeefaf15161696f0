// mhub repo move, mhub repo settings, mhub repo duplicate

#include <mhub/base/error.hpp>
#include <mhub/remote/hub_repos.hpp>

#include "command.hpp"
#include "repo_argument.hpp"
#include "repo_commands.hpp"

namespace mhub::cli {
namespace {

struct ChangeCommand {
  RepoWords repo;
  std::string to;
  std::string gated;  ///< "auto", "manual", "false"; empty: as it is
  bool is_private = false;
  bool is_public = false;
};

// "owner/name", or a name beside that of `from`.
wire::RepoName read_target(const ChangeCommand& command, const wire::RepoName& from,
                           const std::string& owner) {
  if (command.to.find('/') == std::string::npos && wire::is_valid_name_part(command.to))
    return {from.type, owner, command.to};
  if (const auto plain = wire::parse_repo_id(command.to, from.type)) return *plain;
  if (const auto typed = wire::parse_repo_path(command.to); typed && typed->type == from.type)
    return *typed;
  throw Error(ErrorKind::usage, "{} is no name for a {}", printable(command.to),
              wire::name_of(from.type))
      .hint("names read like team/model, of letters, digits, '-', '_' and '.'");
}

std::optional<bool> privacy(const ChangeCommand& command) {
  if (command.is_private) return true;
  if (command.is_public) return false;
  return std::nullopt;
}

int move(Context& context, const ChangeCommand& command) {
  const RepoArgument argument = read_repo(context, command.repo);
  HubSession session(context, argument.hub);
  const wire::RepoName from = full_name(session, argument);
  const wire::RepoName to = read_target(command, from, from.owner);
  remote::move_repo(session.api, from, to.id());
  const std::string url = net::join_url(session.url.str(), to.path());
  context.end_progress();
  if (context.json()) {
    context.out().document(
        {{"from", from.id()}, {"id", to.id()}, {"type", wire::name_of(to.type)}, {"url", url}});
  } else {
    context.out().print("moved to {}\n", printable(url));
  }
  return kExitDone;
}

int settings(Context& context, const ChangeCommand& command) {
  wire::RepoSettingsRequest request;
  request.is_private = privacy(command);
  if (!command.gated.empty())
    request.gating = wire::parse_gating(command.gated).value_or(wire::Gating::none);
  if (!request.is_private && !request.gating) {
    throw Error(ErrorKind::usage, "say what to change: --private, --public or --gated")
        .hint("`mhub repo info` shows what is set");
  }
  const RepoArgument argument = read_repo(context, command.repo);
  HubSession session(context, argument.hub);
  const wire::RepoName name = full_name(session, argument);
  remote::change_repo_settings(session.api, name, request);
  const bool is_gated = request.gating.value_or(wire::Gating::none) != wire::Gating::none;
  context.end_progress();
  if (context.json()) {
    Json value{{"id", name.id()}, {"type", wire::name_of(name.type)}};
    if (request.is_private) value["private"] = *request.is_private;
    if (request.gating)
      value["gated"] = is_gated ? Json(wire::name_of(*request.gating)) : Json(false);
    context.out().document(value);
    return kExitDone;
  }
  if (request.is_private)
    context.summary("{} is {}", name.path(), *request.is_private ? "private" : "public");
  if (is_gated) {
    context.summary("{} is gated: {}", name.path(),
                    request.gating == wire::Gating::automatic
                        ? "whoever asks for its files may have them"
                        : "who asks for its files is let in by its owners");
  } else if (request.gating) {
    context.summary("{} is not gated", name.path());
  }
  return kExitDone;
}

int duplicate(Context& context, const ChangeCommand& command) {
  const RepoArgument argument = read_repo(context, command.repo);
  HubSession session(context, argument.hub);
  const wire::RepoName from = full_name(session, argument);
  const bool has_owner = command.to.find('/') != std::string::npos;
  const wire::RepoName to =
      read_target(command, from, has_owner ? from.owner : session.api.whoami().name);
  wire::DuplicateRepoRequest request;
  request.to = to.id();
  request.is_private = privacy(command);
  const wire::CreateRepoAnswer answer = remote::duplicate_repo(session.api, from, request);
  context.end_progress();
  if (context.json()) {
    context.out().document({{"from", from.id()},
                            {"id", to.id()},
                            {"type", wire::name_of(to.type)},
                            {"url", answer.url}});
  } else {
    context.out().print("made {}\n", printable(answer.url));
  }
  return kExitDone;
}

void add_privacy(CLI::App* command, ChangeCommand& options) {
  flag(command, "--private", options.is_private, "Only its owners may read it");
  flag(command, "--public", options.is_public, "Everybody may read it")->excludes("--private");
}

}  // namespace

void add_repo_move(CLI::App* repo, Context& context) {
  auto options = std::make_shared<ChangeCommand>();
  CLI::App* command = repo->add_subcommand("move", "Give a repository another name or owner");
  argument(command, "NAME", options->repo.name, "owner/name")->required();
  argument(command, "TO", options->to, "owner/name, or another name for the same owner")
      ->required();
  add_repo_options(command, options->repo);
  on_run(command, context, [options, &context] { return move(context, *options); });
}

void add_repo_settings(CLI::App* repo, Context& context) {
  auto options = std::make_shared<ChangeCommand>();
  CLI::App* command = repo->add_subcommand("settings", "Change who may read a repository");
  argument(command, "NAME", options->repo.name, "owner/name")->required();
  add_repo_options(command, options->repo);
  add_privacy(command, *options);
  value(command, "--gated", options->gated, "auto|manual|false",
        "Who must ask for its files: let in at once, or by its owners; false: nobody")
      ->check(CLI::IsMember({"auto", "manual", "false"}).description(""));
  on_run(command, context, [options, &context] { return settings(context, *options); });
}

void add_repo_duplicate(CLI::App* repo, Context& context) {
  auto options = std::make_shared<ChangeCommand>();
  CLI::App* command =
      repo->add_subcommand("duplicate", "Copy a repository on its hub, no data travels");
  argument(command, "NAME", options->repo.name, "owner/name")->required();
  argument(command, "TO", options->to, "owner/name, or a name in your own namespace")->required();
  add_repo_options(command, options->repo);
  add_privacy(command, *options);
  on_run(command, context, [options, &context] { return duplicate(context, *options); });
}

}  // namespace mhub::cli
