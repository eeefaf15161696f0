// mhub version

#include "command.hpp"
#include "commands.hpp"

namespace mhub::cli {

void add_version(CLI::App& app, Context& context) {
  CLI::App* command = add_command(app, "version", "Print the version of mhub", group::kOther);
  on_run(command, context, [&context] {
    if (context.json()) {
      context.out().document({{"version", MHUB_VERSION}});
    } else {
      context.out().print("mhub {}\n", MHUB_VERSION);
    }
    return kExitDone;
  });
}

}  // namespace mhub::cli
