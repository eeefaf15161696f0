// mhub completion

#include <mhub/base/error.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "completion.hpp"

namespace mhub::cli {

void add_completion(CLI::App& app, Context& context) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      add_command(app, "completion", "Print a completion script for a shell", group::kOther);
  argument(command, "bash|zsh|fish", *shell, "The shell")->required();
  examples(command, {"source <(mhub completion bash)",
                     "mhub completion fish > ~/.config/fish/completions/mhub.fish"});
  on_run(command, context, [shell, &app, &context] {
    const CompletedCommand root = describe_commands(app);
    if (*shell == "bash") {
      context.out().write(bash_completion(root));
    } else if (*shell == "zsh") {
      context.out().write(zsh_completion(root));
    } else if (*shell == "fish") {
      context.out().write(fish_completion(root));
    } else {
      throw Error(ErrorKind::usage, "no completion for shell `{}`", printable(*shell))
          .hint("known shells: bash, zsh, fish");
    }
    return kExitDone;
  });
}

}  // namespace mhub::cli
