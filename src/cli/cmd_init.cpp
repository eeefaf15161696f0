// mhub init

#include <mhub/base/error.hpp>
#include <mhub/base/file_system.hpp>
#include <mhub/repo/attributes.hpp>
#include <mhub/repo/repository.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "usual_formats.hpp"

namespace mhub::cli {
namespace {

struct InitCommand {
  std::string folder;
  std::string branch;
  bool bare = false;
  bool no_attributes = false;
};

int init(Context& context, const InitCommand& command) {
  const std::filesystem::path folder =
      context.absolute(command.folder.empty() ? std::string(".") : command.folder);
  const bool existed =
      real_file_system().stat(folder / (command.bare ? "HEAD" : ".git")).has_value();
  repo::Repository repository =
      repo::Repository::init(folder, {.bare = command.bare, .initial_branch = command.branch});
  std::vector<std::string> tracked;
  if (!command.bare && !command.no_attributes &&
      !real_file_system().stat(folder / ".gitattributes")) {
    tracked = usual_patterns();
    repo::track(repository, tracked);
  }
  if (context.json()) {
    context.out().document({{"folder", folder.string()},
                            {"git_folder", repository.git_folder().string()},
                            {"branch", repository.head().branch},
                            {"existed", existed},
                            {"tracked", tracked}});
    return kExitDone;
  }
  context.summary("{} repository in {}", existed ? "Found a" : "Made a",
                  printable(repository.git_folder().string()));
  if (!tracked.empty()) {
    context.summary("{} patterns of model and data formats are tracked as large: .gitattributes",
                    tracked.size());
  }
  return kExitDone;
}

}  // namespace

void add_init(CLI::App& app, Context& context) {
  auto options = std::make_shared<InitCommand>();
  CLI::App* command = add_command(app, "init", "Make a repository", group::kStart);
  argument(command, "DIR", options->folder, "Where; the current folder if left out");
  value(command, "-b,--initial-branch", options->branch, "NAME", "Name of the first branch");
  flag(command, "--bare", options->bare, "Make it without a work tree");
  flag(command, "--no-attributes", options->no_attributes,
       "Write no .gitattributes for the usual model and data formats");
  examples(command, {"mhub init", "mhub init -b main my-model"});
  on_run(command, context, [options, &context] { return init(context, *options); });
}

}  // namespace mhub::cli
