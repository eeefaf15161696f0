// mhub pull

#include <mhub/base/error.hpp>
#include <mhub/sync/exchange.hpp>

#include "checkout_options.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "merge_outcome.hpp"

namespace mhub::cli {
namespace {

int pull(Context& context, const sync::PullOptions& options) {
  sync::Workspace& workspace = context.workspace();
  const sync::PullReport report =
      sync::pull(workspace, context.connections(options.remote), options, context.tools());
  context.end_progress();
  return tell_outcome(context, report);
}

}  // namespace

void add_pull(CLI::App& app, Context& context) {
  auto options = std::make_shared<sync::PullOptions>();
  CLI::App* command = add_command(app, "pull", "Fetch, merge and bring the data", group::kSync);
  argument(command, "REMOTE", options->remote, "The upstream's, else origin, if left out");
  argument(command, "BRANCH", options->branch, "Its branch; the upstream if left out");
  flag(command, "--ff-only", options->fast_forward_only, "Don't merge, only go forward");
  add_filter_options(command, options->checkout);
  examples(command, {"mhub pull", "mhub pull --include '*.safetensors'"});
  on_run(command, context, [options, &context] { return pull(context, *options); });
}

}  // namespace mhub::cli
