// mhub prune

#include <mhub/base/error.hpp>
#include <mhub/sync/upkeep.hpp>

#include "collection.hpp"
#include "command.hpp"
#include "commands.hpp"

namespace mhub::cli {
namespace {

struct PruneCommand {
  CollectionCommand collection;
  bool keep_pushed = false;
  bool verify_remote = false;
};

int prune(Context& context, const PruneCommand& command) {
  sync::PruneOptions options;
  options.dry_run = command.collection.dry_run;
  options.pushed = !command.keep_pushed;
  options.verify_remote = command.verify_remote;
  options.grace = command.collection.grace();
  sync::Workspace& workspace = context.workspace();
  const store::CollectReport report =
      sync::prune(workspace, context.connections(), options, context.tools());
  context.end_progress();
  tell(context, report, options.dry_run);
  return kExitDone;
}

}  // namespace

void add_prune(CLI::App& app, Context& context) {
  auto options = std::make_shared<PruneCommand>();
  CLI::App* command =
      add_command(app, "prune", "Give back disk space that is not needed", group::kData);
  add_collection_options(command, options->collection);
  flag(command, "--verify-remote", options->verify_remote,
       "Ask the hub again before dropping what it holds");
  flag(command, "--keep-pushed", options->keep_pushed,
       "Drop only what no commit needs, not what the hub holds too");
  examples(command, {"mhub prune --dry-run", "mhub prune --verify-remote"});
  on_run(command, context, [options, &context] { return prune(context, *options); });
}

}  // namespace mhub::cli
