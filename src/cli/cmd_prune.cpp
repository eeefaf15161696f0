// mhub prune

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>
#include <mhub/sync/upkeep.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"

namespace mhub::cli {
namespace {

struct PruneCommand {
  bool dry_run = false;
  bool keep_pushed = false;
  bool verify_remote = false;
  std::uint64_t grace_days = 14;
};

int prune(Context& context, const PruneCommand& command) {
  sync::PruneOptions options;
  options.dry_run = command.dry_run;
  options.pushed = !command.keep_pushed;
  options.verify_remote = command.verify_remote;
  options.grace = std::chrono::hours{24 * static_cast<std::int64_t>(command.grace_days)};
  sync::Workspace& workspace = context.workspace();
  const store::CollectReport report =
      sync::prune(workspace, context.connections(), options, context.tools());
  context.end_progress();
  if (context.json()) {
    Json value = to_json(report);
    value["dry_run"] = command.dry_run;
    context.out().document(value);
    return kExitDone;
  }
  context.out().print("{}{} freed: {} dropped, {} repacked\n", command.dry_run ? "would be " : "",
                      human_bytes(report.freed_bytes),
                      count_words(report.xorbs_dropped, "xorb", "xorbs"), report.xorbs_repacked);
  return kExitDone;
}

}  // namespace

void add_prune(CLI::App& app, Context& context) {
  auto options = std::make_shared<PruneCommand>();
  CLI::App* command =
      add_command(app, "prune", "Give back disk space that is not needed", group::kData);
  flag(command, "-n,--dry-run", options->dry_run, "Only say what would be freed");
  flag(command, "--verify-remote", options->verify_remote,
       "Ask the hub again before dropping what it holds");
  flag(command, "--keep-pushed", options->keep_pushed,
       "Drop only what no commit needs, not what the hub holds too");
  number(command, "--grace-days", options->grace_days, "DAYS",
         "Keep unneeded data this long; 14 if left out")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{36500}).description(""));
  examples(command, {"mhub prune --dry-run", "mhub prune --verify-remote"});
  on_run(command, context, [options, &context] { return prune(context, *options); });
}

}  // namespace mhub::cli
