// mhub ls-files

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>
#include <mhub/sync/status.hpp>

#include "command.hpp"
#include "commands.hpp"

namespace mhub::cli {
namespace {

struct ListCommand {
  std::vector<std::string> paths;
  bool names_only = false;
};

int list(Context& context, const ListCommand& command) {
  const auto files =
      sync::list_large_files(context.workspace(), context.in_repository(command.paths));
  if (context.json()) {
    Json all = Json::array();
    for (const sync::LargeFile& file : files) {
      all.push_back({{"path", file.path},
                     {"size", file.size_bytes},
                     {"sha256", file.sha256.hex()},
                     {"xet_hash", file.xet_hash ? Json(file.xet_hash->text()) : Json()},
                     {"chunks", file.chunks},
                     {"stored_bytes", file.stored_bytes},
                     {"state", file.state}});
    }
    context.out().document(all);
    return kExitDone;
  }
  for (const sync::LargeFile& file : files) {
    if (command.names_only) {
      context.out().print("{}\n", printable(file.path));
    } else {
      context.out().print("{}  {:<8}  {:>9}  {}\n", file.sha256.hex().substr(0, 10), file.state,
                          human_bytes(file.size_bytes), printable(file.path));
    }
  }
  return kExitDone;
}

}  // namespace

void add_ls_files(CLI::App& app, Context& context) {
  auto options = std::make_shared<ListCommand>();
  CLI::App* command =
      add_command(app, "ls-files", "List large files and where their data is", group::kData);
  arguments(command, "PATH", options->paths, "Only these files and folders");
  flag(command, "-n,--name-only", options->names_only, "Only paths");
  examples(command, {"mhub ls-files", "mhub ls-files --json | jq '.[].size'"});
  on_run(command, context, [options, &context] { return list(context, *options); });
}

}  // namespace mhub::cli
