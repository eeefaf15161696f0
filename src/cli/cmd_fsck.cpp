// mhub fsck

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>
#include <mhub/sync/upkeep.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"
#include "store_findings.hpp"

namespace mhub::cli {
namespace {

using Affected = std::vector<sync::FsckReport::AffectedFile>;

Json affected_json(const Affected& files) {
  Json all = Json::array();
  for (const auto& file : files) {
    all.push_back(
        {{"sha256", file.sha256.hex()}, {"paths", file.paths}, {"commits", file.commits}});
  }
  return all;
}

void print_affected(Context& context, std::string_view what, const Affected& files) {
  for (const auto& file : files) {
    context.out().print("{}: {}", what, file.sha256.hex().substr(0, 10));
    for (const std::string& path : file.paths) context.out().print(" {}", printable(path));
    if (!file.commits.empty()) {
      context.out().print(
          " (in commit {}{})", file.commits.front().substr(0, 10),
          file.commits.size() > 1 ? fmt::format(" and {} more", file.commits.size() - 1) : "");
    }
    context.out().print("\n");
  }
}

void print_paths(Context& context, std::string_view what, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) context.out().print("{}: {}\n", what, printable(path));
}

int fsck(Context& context, bool repair) {
  sync::Workspace& workspace = context.workspace();
  const sync::FsckReport report =
      sync::fsck(workspace, context.connections(), repair, context.tools());
  context.end_progress();
  if (context.json()) {
    context.out().document({{"clean", report.clean()},
                            {"repaired", report.repaired},
                            {"store", to_json(report.store)},
                            {"working_files", report.working_files},
                            {"working_bytes", report.working_bytes},
                            {"affected", affected_json(report.affected)},
                            {"lost", affected_json(report.lost)},
                            {"bad_pointers", report.bad_pointers},
                            {"bad_working_files", report.bad_working_files}});
  } else {
    print_findings(context, report.store);
    if (report.working_files > 0) {
      context.summary("checked {} of the work tree, {}",
                      count_words(report.working_files, "large file", "large files"),
                      human_bytes(report.working_bytes));
    }
    print_affected(context, "affected", report.affected);
    print_affected(context, "lost", report.lost);
    print_paths(context, "not a pointer in git", report.bad_pointers);
    print_paths(context, "changed behind git's back", report.bad_working_files);
    if (report.repaired) context.summary("damaged data was fetched again");
  }
  if (report.clean()) return kExitDone;
  const bool only_working_files =
      report.store.clean() && report.lost.empty() && report.bad_pointers.empty();
  if (only_working_files) {
    throw Error(ErrorKind::corrupt, "files in the work tree are not what git takes them for")
        .hint(
            "`mhub restore PATH` brings back what was added, `mhub add PATH` keeps what is there");
  }
  throw Error(ErrorKind::corrupt, "{}",
              repair ? "some damage could not be repaired" : "damage was found")
      .hint(repair ? "no remote and no working file has the missing bytes: push them again from "
                     "where they are, or restore a backup"
                   : "run `mhub fsck --repair` to fetch damaged data again");
}

}  // namespace

void add_fsck(CLI::App& app, Context& context) {
  auto repair = std::make_shared<bool>(false);
  CLI::App* command = add_command(app, "fsck", "Check all data against its hashes", group::kData);
  flag(command, "--repair", *repair, "Fetch damaged data again from remotes and working files");
  examples(command, {"mhub fsck", "mhub fsck --repair"});
  on_run(command, context, [repair, &context] { return fsck(context, *repair); });
}

}  // namespace mhub::cli
