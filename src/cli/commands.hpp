#pragma once
// Every command's registration; each is defined in cmd_<name>.cpp.

namespace CLI {
class App;
}

namespace mhub::cli {

class Context;

void add_help(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);
void add_version(CLI::App& app, Context& context);

}  // namespace mhub::cli
