// mhub add

#include <mhub/base/error.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "staging.hpp"

namespace mhub::cli {
namespace {

struct AddCommand {
  std::vector<std::string> paths;
  bool all = false;
  bool update = false;
  bool force = false;
  bool dry_run = false;
};

int add(Context& context, const AddCommand& command) {
  if (command.paths.empty() && !command.all && !command.update) {
    throw Error(ErrorKind::usage, "nothing named to add")
        .hint("name files or folders: `mhub add .` adds everything below this folder");
  }
  sync::StageOptions options;
  options.paths = context.absolute(command.paths);
  options.all = command.all;
  options.update = command.update;
  options.force = command.force;
  options.dry_run = command.dry_run;
  const sync::StageReport report = sync::stage(context.workspace(), options, context.tools());
  context.end_progress();
  if (context.json()) {
    context.out().document(to_json(report));
    return kExitDone;
  }
  if (command.dry_run) {
    for (const sync::StagedFile& file : report.files) {
      context.out().print("{} '{}'\n", file.removed ? "remove" : "add", printable(file.path));
    }
    return kExitDone;
  }
  tell(context, report);
  return kExitDone;
}

}  // namespace

void add_add(CLI::App& app, Context& context) {
  auto options = std::make_shared<AddCommand>();
  CLI::App* command = add_command(app, "add", "Put files into the next commit", group::kWork);
  arguments(command, "PATH", options->paths, "Files, or folders with all below");
  flag(command, "-A,--all", options->all, "Every change in the work tree, deletions too");
  flag(command, "-u,--update", options->update, "Only files that are tracked already");
  flag(command, "-f,--force", options->force, "Ignored files too");
  flag(command, "-n,--dry-run", options->dry_run, "Only say what would be added");
  examples(command, {"mhub add .", "mhub add model.safetensors config.json", "mhub add -A"});
  on_run(command, context, [options, &context] { return add(context, *options); });
}

}  // namespace mhub::cli
