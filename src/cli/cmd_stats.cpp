// mhub stats

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>
#include <mhub/sync/upkeep.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"

namespace mhub::cli {
namespace {

int stats(Context& context) {
  const sync::StatsReport report = sync::stats(context.workspace(), context.tools());
  context.end_progress();
  if (context.json()) {
    context.out().document({{"tracked_files", report.tracked_files},
                            {"tracked_bytes", report.tracked_bytes},
                            {"working_disk_bytes", report.working_disk_bytes},
                            {"history_files", report.history_files},
                            {"history_bytes", report.history_bytes},
                            {"unpushed_bytes", report.unpushed_bytes},
                            {"store", to_json(report.store)}});
    return kExitDone;
  }
  Output& out = context.out();
  const auto line = [&](std::string_view what, std::uint64_t bytes, const std::string& more) {
    out.print("{:<30} {:>10}  {}\n", what, human_bytes(bytes), more);
  };
  line("large files of this version", report.tracked_bytes,
       count_words(report.tracked_files, "file", "files"));
  line("large files of all versions", report.history_bytes,
       count_words(report.history_files, "file", "files"));
  line("on disk in the work tree", report.working_disk_bytes, "");
  line("on disk in the store", report.store.disk_bytes,
       fmt::format("{}, {}", count_words(report.store.xorbs_local, "xorb", "xorbs"),
                   count_words(report.store.chunks, "chunk known", "chunks known")));
  line("not pushed anywhere", report.unpushed_bytes, "");
  return kExitDone;
}

}  // namespace

void add_stats(CLI::App& app, Context& context) {
  CLI::App* command =
      add_command(app, "stats", "Show how much data there is, and where", group::kData);
  examples(command, {"mhub stats", "mhub stats --json"});
  on_run(command, context, [&context] { return stats(context); });
}

}  // namespace mhub::cli
