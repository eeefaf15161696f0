// mhub install, mhub filter-process

#include <mhub/base/error.hpp>
#include <mhub/repo/config.hpp>
#include <mhub/sync/filter.hpp>

#include "command.hpp"
#include "commands.hpp"

namespace mhub::cli {
namespace {

constexpr const char* kProcessKey = "filter.lfs.process";
constexpr const char* kRequiredKey = "filter.lfs.required";
constexpr std::string_view kProcess = "mhub filter-process";

struct FilterCommand {
  bool local = false;
  bool force = false;
  bool no_data = false;
  bool remove = false;
};

/// The value at `level` itself.
std::string value_at(repo::Config& config, const char* key, repo::ConfigLevel level) {
  std::string value;
  for (const repo::ConfigEntry& entry : config.list(key)) {
    if (entry.key == key && entry.level == level) value = entry.value;
  }
  return value;
}

int install(Context& context, const FilterCommand& command) {
  if (command.local) {
    context.repository();  // says that there is none
  } else {
    context.find_repository();
  }
  repo::Config& config = context.config();
  const auto level = command.local ? repo::ConfigLevel::local : repo::ConfigLevel::global;
  const std::string before = value_at(config, kProcessKey, level);
  if (!before.empty() && !before.starts_with(kProcess) && !command.force) {
    throw Error(ErrorKind::conflict, "{} is set already: {}", kProcessKey, printable(before))
        .hint("--force puts mhub in its place");
  }
  const std::string process = std::string(kProcess) + (command.no_data ? " --no-data" : "");
  if (command.remove) {
    config.unset(kProcessKey, level);
    config.unset(kRequiredKey, level);
  } else {
    config.set(kProcessKey, process, level);
    config.set_bool(kRequiredKey, true, level);
  }
  if (context.json()) {
    context.out().document({{"key", kProcessKey},
                            {"value", command.remove ? Json() : Json(process)},
                            {"level", command.local ? "local" : "global"}});
  }
  context.summary("{}", command.remove
                            ? "git no longer asks mhub for large files"
                            : "git asks mhub for large files now; `mhub push` sends them");
  return kExitDone;
}

int filter_process(Context& context, const FilterCommand& command) {
  // git says where its folder is whenever it is not started in the work tree, as by `git clone`.
  if (const auto folder = context.environment().find("GIT_DIR")) {
    std::error_code error;
    std::filesystem::current_path(*folder, error);
    if (error) throw system_error(error.value(), "change to folder " + printable(*folder));
  }
  sync::Workspace& workspace = context.workspace();
  sync::FilterOptions options;
  options.no_data = command.no_data;
  options.on_failed = [&](const std::string& path, const Error& why) {
    for (const std::string& doing : why.context()) context.say("mhub: {}", doing);
    context.say("mhub: {}{}{}", printable(path), path.empty() ? "" : ": ", why.message());
    if (!why.hint().empty()) context.say("hint: {}", why.hint());
  };
  // git draws its own progress on the same terminal.
  const sync::Tools tools{silent_progress(), context.stop(), context.options.jobs};
  sync::run_filter(workspace, context.connections(), fileno(context.streams().in),
                   fileno(context.streams().out), options, tools);
  return kExitDone;
}

}  // namespace

void add_install(CLI::App& app, Context& context) {
  auto options = std::make_shared<FilterCommand>();
  CLI::App* command =
      add_command(app, "install", "Let plain git use mhub for large files", group::kData);
  flag(command, "--local", options->local, "In this repository only");
  flag(command, "-f,--force", options->force, "Also in place of another program");
  flag(command, "--no-data", options->no_data, "git leaves pointers; `mhub pull` brings the data");
  flag(command, "--remove", options->remove, "Take the settings out again");
  examples(command, {"mhub install", "mhub install --local --force"});
  on_run(command, context, [options, &context] { return install(context, *options); });
}

void add_filter_process(CLI::App& app, Context& context) {
  auto options = std::make_shared<FilterCommand>();
  CLI::App* command =
      add_command(app, "filter-process", "Filter large files; git starts it", group::kData);
  flag(command, "--no-data", options->no_data, "Leave pointers where they are");
  examples(command, {"git config filter.lfs.process 'mhub filter-process'"});
  on_run(command, context, [options, &context] { return filter_process(context, *options); });
}

}  // namespace mhub::cli
