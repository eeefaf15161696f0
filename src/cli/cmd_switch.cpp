// mhub switch

#include <mhub/base/error.hpp>
#include <mhub/repo/repository.hpp>
#include <mhub/sync/checkout.hpp>

#include "checkout_options.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"

namespace mhub::cli {
namespace {

int switch_branch(Context& context, const sync::SwitchOptions& options) {
  sync::Workspace& workspace = context.workspace();
  const sync::CheckoutReport report =
      sync::switch_to(workspace, context.connections(), options, context.tools());
  context.end_progress();
  const repo::HeadState head = context.repository().head();
  if (context.json()) {
    context.out().document({{"branch", head.branch.empty() ? Json() : Json(head.branch)},
                            {"head", head.commit ? Json(head.commit->hex()) : Json()},
                            {"checkout", to_json(report)}});
  } else if (head.is_detached()) {
    context.summary("HEAD is at {}", head.commit ? head.commit->short_hex() : std::string());
  } else {
    context.summary("on branch {}", printable(head.branch));
  }
  tell_checkout(context, report);
  return kExitDone;
}

}  // namespace

void add_switch(CLI::App& app, Context& context) {
  auto options = std::make_shared<sync::SwitchOptions>();
  CLI::App* command = add_command(app, "switch", "Change to another branch", group::kWork);
  argument(command, "BRANCH", options->target, "Which; with --detach any revision")->required();
  argument(command, "START", options->start_point, "With -c: where it starts, HEAD if left out");
  flag(command, "-c,--create", options->create, "Make the branch first");
  flag(command, "-d,--detach", options->detach, "Look at a commit without a branch");
  flag(command, "-f,--force,--discard-changes", options->checkout.force, "Overwrite local changes");
  add_filter_options(command, options->checkout);
  examples(command, {"mhub switch main", "mhub switch -c experiment", "mhub switch --detach v1"});
  on_run(command, context, [options, &context] { return switch_branch(context, *options); });
}

}  // namespace mhub::cli
