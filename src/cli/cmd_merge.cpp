// mhub merge

#include <mhub/base/error.hpp>
#include <mhub/sync/exchange.hpp>

#include "checkout_options.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "merge_outcome.hpp"

namespace mhub::cli {
namespace {

int merge(Context& context, const sync::MergeOptions& options) {
  if (options.revision.empty() == !options.abort) {
    throw Error(ErrorKind::usage, "give a branch or revision to merge, or --abort");
  }
  sync::Workspace& workspace = context.workspace();
  const sync::PullReport report =
      sync::merge(workspace, context.connections(), options, context.tools());
  context.end_progress();
  if (options.abort && !context.json()) {
    context.summary("the merge is dropped");
    return kExitDone;
  }
  return tell_outcome(context, report);
}

}  // namespace

void add_merge(CLI::App& app, Context& context) {
  auto options = std::make_shared<sync::MergeOptions>();
  CLI::App* command = add_command(app, "merge", "Merge another branch into this one", group::kWork);
  argument(command, "REVISION", options->revision, "A branch, tag or commit");
  value(command, "-m,--message", options->message, "MESSAGE", "Message of the merge commit");
  flag(command, "--ff-only", options->fast_forward_only, "Don't merge, only go forward");
  flag(command, "--no-ff", options->no_fast_forward, "Make a merge commit in any case");
  flag(command, "--abort", options->abort, "Drop a merge that stopped at conflicts");
  add_filter_options(command, options->checkout);
  examples(command, {"mhub merge experiment", "mhub merge --abort"});
  on_run(command, context, [options, &context] { return merge(context, *options); });
}

}  // namespace mhub::cli
