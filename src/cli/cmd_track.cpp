// mhub track, mhub untrack

#include <mhub/base/error.hpp>
#include <mhub/repo/attributes.hpp>
#include <mhub/repo/repository.hpp>

#include "command.hpp"
#include "commands.hpp"

namespace mhub::cli {
namespace {

struct TrackCommand {
  std::vector<std::string> patterns;
  bool filename = false;
};

// Rules go to the .gitattributes of the folder one is in, as git-lfs does it.
std::string rules_folder(Context& context) {
  return context.in_repository(std::string("."));
}

std::string rules_file(const std::string& folder) {
  return folder.empty() ? ".gitattributes" : folder + "/.gitattributes";
}

int list_patterns(Context& context) {
  const auto patterns = repo::tracked_patterns(context.repository());
  if (context.json()) {
    Json list = Json::array();
    for (const repo::TrackedPattern& one : patterns) {
      list.push_back({{"pattern", one.pattern}, {"source", one.source}, {"tracked", one.tracked}});
    }
    context.out().document(list);
    return kExitDone;
  }
  for (const repo::TrackedPattern& one : patterns) {
    context.out().print("{}{}  ({})\n", one.tracked ? "" : "not ", printable(one.pattern),
                        printable(one.source));
  }
  return kExitDone;
}

int report(Context& context, const TrackCommand& command, bool changed, const std::string& folder,
           std::string_view word) {
  if (context.json()) {
    context.out().document(
        {{"file", rules_file(folder)}, {"patterns", command.patterns}, {"changed", changed}});
    return kExitDone;
  }
  for (const std::string& pattern : command.patterns) {
    context.summary("{} {} {}", changed ? word : "no change for", printable(pattern),
                    "(" + rules_file(folder) + ")");
  }
  return kExitDone;
}

int track(Context& context, const TrackCommand& command) {
  if (command.patterns.empty()) return list_patterns(context);
  const std::string folder = rules_folder(context);
  const bool changed =
      repo::track(context.repository(), command.patterns, folder, command.filename);
  return report(context, command, changed, folder, "tracking");
}

int untrack(Context& context, const TrackCommand& command) {
  const std::string folder = rules_folder(context);
  const bool changed = repo::untrack(context.repository(), command.patterns, folder);
  return report(context, command, changed, folder, "no longer tracking");
}

}  // namespace

void add_track(CLI::App& app, Context& context) {
  auto options = std::make_shared<TrackCommand>();
  CLI::App* command =
      add_command(app, "track", "Treat files that match a pattern as large", group::kData);
  arguments(command, "PATTERN", options->patterns,
            "Such as '*.bin'; the patterns in force are listed if left out");
  flag(command, "--filename", options->filename, "The patterns are names, not globs");
  examples(command, {"mhub track '*.bin'", "mhub track --filename 'data[1].csv'"});
  on_run(command, context, [options, &context] { return track(context, *options); });
}

void add_untrack(CLI::App& app, Context& context) {
  auto options = std::make_shared<TrackCommand>();
  CLI::App* command =
      add_command(app, "untrack", "Treat files that match a pattern as ordinary", group::kData);
  arguments(command, "PATTERN", options->patterns, "As it was given to `mhub track`")->required();
  examples(command, {"mhub untrack '*.bin'"});
  on_run(command, context, [options, &context] { return untrack(context, *options); });
}

}  // namespace mhub::cli
