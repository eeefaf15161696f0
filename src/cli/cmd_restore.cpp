// mhub restore

#include <mhub/base/error.hpp>
#include <mhub/sync/checkout.hpp>

#include "checkout_options.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"

namespace mhub::cli {
namespace {

struct RestoreCommand {
  sync::RestoreOptions options;
  std::vector<std::string> paths;
  bool worktree = false;
};

int restore(Context& context, RestoreCommand& command) {
  sync::RestoreOptions& options = command.options;
  options.paths = context.absolute(command.paths);
  // As git: --staged alone leaves the work tree.
  options.worktree = command.worktree || !options.staged;
  sync::Workspace& workspace = context.workspace();
  const sync::CheckoutReport report =
      sync::restore(workspace, context.connections(), options, context.tools());
  context.end_progress();
  if (context.json()) {
    context.out().document(to_json(report));
  }
  tell_checkout(context, report);
  return kExitDone;
}

}  // namespace

void add_restore(CLI::App& app, Context& context) {
  auto options = std::make_shared<RestoreCommand>();
  CLI::App* command = add_command(app, "restore", "Bring files back as they were", group::kWork);
  arguments(command, "PATH", options->paths, "Files, or folders with all below")->required();
  value(command, "-s,--source", options->options.source, "REVISION",
        "From this revision instead of the index (HEAD with --staged)");
  flag(command, "-S,--staged", options->options.staged, "What is staged");
  flag(command, "-W,--worktree", options->worktree, "Working files, which is the default");
  add_filter_options(command, options->options.checkout);
  examples(command, {"mhub restore model.safetensors", "mhub restore --staged .",
                     "mhub restore --source v1 model.safetensors"});
  on_run(command, context, [options, &context] { return restore(context, *options); });
}

}  // namespace mhub::cli
