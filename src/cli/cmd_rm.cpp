// mhub rm

#include <mhub/base/error.hpp>
#include <mhub/sync/remove.hpp>

#include "command.hpp"
#include "commands.hpp"

namespace mhub::cli {
namespace {

struct RemoveCommand {
  std::vector<std::string> paths;
  bool recursive = false;
  bool cached = false;
  bool force = false;
  bool dry_run = false;
};

int remove(Context& context, const RemoveCommand& command) {
  sync::RemoveOptions options;
  options.paths = context.absolute(command.paths);
  options.recursive = command.recursive;
  options.cached = command.cached;
  options.force = command.force;
  options.dry_run = command.dry_run;
  const auto removed = sync::remove(context.workspace(), options, context.tools());
  context.end_progress();
  if (context.json()) {
    context.out().document({{"removed", removed}, {"dry_run", command.dry_run}});
    return kExitDone;
  }
  for (const std::string& path : removed) {
    // What --dry-run was asked for is shown with -q too.
    if (command.dry_run) {
      context.out().print("rm '{}'\n", printable(path));
    } else {
      context.summary("rm '{}'", printable(path));
    }
  }
  return kExitDone;
}

}  // namespace

void add_rm(CLI::App& app, Context& context) {
  auto options = std::make_shared<RemoveCommand>();
  CLI::App* command =
      add_command(app, "rm", "Remove files from the work tree and the next commit", group::kWork);
  arguments(command, "PATH", options->paths, "Files, and with -r folders")->required();
  flag(command, "-r", options->recursive, "Remove folders with all below");
  flag(command, "--cached", options->cached, "Leave the working files");
  flag(command, "-f,--force", options->force, "Also files with changes that no commit holds");
  flag(command, "-n,--dry-run", options->dry_run, "Only say what would be removed");
  examples(command, {"mhub rm old.safetensors", "mhub rm -r --cached checkpoints"});
  on_run(command, context, [options, &context] { return remove(context, *options); });
}

}  // namespace mhub::cli
