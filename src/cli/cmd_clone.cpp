// mhub clone

#include <mhub/base/error.hpp>
#include <mhub/sync/exchange.hpp>

#include "checkout_options.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"

namespace mhub::cli {
namespace {

struct CloneCommand {
  sync::CloneOptions options;
  std::string folder;
};

int clone(Context& context, CloneCommand& command) {
  sync::CloneOptions& options = command.options;
  const sync::Connections connections = context.connections(options.source);
  if (!command.folder.empty()) options.folder = context.absolute(command.folder);
  if (const auto store = context.environment().find("MHUB_STORE")) {
    options.store_folder = context.absolute(*store);
  }
  const sync::CloneReport report = sync::clone(connections, options, context.tools());
  context.end_progress();
  if (context.json()) {
    context.out().document({{"folder", report.folder.string()},
                            {"head", report.head.empty() ? Json() : Json(report.head)},
                            {"branch", report.branch},
                            {"checkout", to_json(report.checkout)}});
  }
  context.summary("cloned into {}", printable(report.folder.string()));
  if (report.head.empty()) context.say("the repository is empty: add files, commit and push");
  tell_checkout(context, report.checkout);
  return kExitDone;
}

}  // namespace

void add_clone(CLI::App& app, Context& context) {
  auto options = std::make_shared<CloneCommand>();
  CLI::App* command = add_command(app, "clone", "Copy a repository from a hub", group::kStart);
  argument(command, "SOURCE", options->options.source,
           "URL, hf:ns/name, or ns/name on the default hub")
      ->required();
  argument(command, "DIR", options->folder, "Where to; named after the repository if left out");
  value(command, "-b,--branch", options->options.branch, "BRANCH", "Check out this branch or tag");
  value(command, "-o,--origin", options->options.remote_name, "NAME",
        "What to call the remote; origin if left out");
  add_filter_options(command, options->options.checkout);
  examples(command,
           {"mhub clone https://hub.example.org/team/model", "mhub clone hf:openai-community/gpt2",
            "mhub clone --no-data team/model copy"});
  on_run(command, context, [options, &context] { return clone(context, *options); });
}

}  // namespace mhub::cli
