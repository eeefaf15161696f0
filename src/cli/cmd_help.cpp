// mhub help

#include <mhub/base/error.hpp>

#include "command.hpp"
#include "commands.hpp"

namespace mhub::cli {

void add_help(CLI::App& app, Context& context) {
  auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* command = add_command(app, "help", "Show what a command does", group::kHidden);
  arguments(command, "COMMAND", *words, "Whose help to show; the list of commands if left out");
  examples(command, {"mhub help push", "mhub help repo create"});
  on_run(command, context, [words, &app, &context] {
    const CLI::App* topic = &app;
    std::string name = app.get_name();
    for (const std::string& word : *words) {
      const auto found =
          topic->get_subcommands([&](const CLI::App* one) { return one->check_name(word); });
      if (found.empty()) throw Error(ErrorKind::usage, "no command `{}`", printable(word));
      topic = found.front();
      name += " " + word;
    }
    // App::help() would show the command that is running, which is this one.
    context.out().write(app.get_formatter()->make_help(topic, name, CLI::AppFormatMode::Normal));
    return kExitDone;
  });
}

}  // namespace mhub::cli
