// mhub fetch

#include <mhub/base/error.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/exchange.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"
#include "ref_changes.hpp"

namespace mhub::cli {
namespace {

struct FetchCommand {
  std::vector<std::string> arguments;
  bool all = false;
  bool prune = false;
  bool no_tags = false;
};

int fetch(Context& context, const FetchCommand& command) {
  std::vector<std::string> remotes;
  if (command.all) {
    if (!command.arguments.empty()) throw Error(ErrorKind::usage, "--all takes no remote");
    for (const repo::Remote& remote : repo::list_remotes(context.repository())) {
      remotes.push_back(remote.name);
    }
  } else {
    remotes.push_back(command.arguments.empty() ? "" : command.arguments.front());
  }
  Json all = Json::array();
  bool rejected = false;
  for (const std::string& remote : remotes) {
    sync::FetchOptions options;
    options.remote = remote;
    if (command.arguments.size() > 1) {
      options.refspecs.assign(command.arguments.begin() + 1, command.arguments.end());
    }
    options.prune = command.prune;
    options.tags = !command.no_tags;
    sync::Workspace& workspace = context.workspace();
    const sync::FetchReport report =
        sync::fetch(workspace, context.connections(remote), options, context.tools());
    context.end_progress();
    rejected = rejected || !report.rejected.empty();
    if (context.json()) {
      all.push_back(to_json(report));
    } else {
      tell(context, report);
    }
  }
  if (context.json()) context.out().document(command.all ? all : all.front());
  return rejected ? kExitFailed : kExitDone;
}

}  // namespace

void add_fetch(CLI::App& app, Context& context) {
  auto options = std::make_shared<FetchCommand>();
  CLI::App* command =
      add_command(app, "fetch", "Take over commits and branches of a remote", group::kSync);
  arguments(command, "REMOTE|REFSPEC", options->arguments,
            "The remote; then what to fetch, as configured if left out");
  flag(command, "--all", options->all, "From every remote");
  flag(command, "-p,--prune", options->prune, "Drop branches that the remote has no more");
  flag(command, "--no-tags", options->no_tags, "Without tags");
  examples(command, {"mhub fetch", "mhub fetch origin experiment"});
  on_run(command, context, [options, &context] { return fetch(context, *options); });
}

}  // namespace mhub::cli
