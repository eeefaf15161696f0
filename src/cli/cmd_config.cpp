// mhub config

#include <mhub/base/error.hpp>
#include <mhub/repo/config.hpp>
#include <mhub/repo/repository.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "shown_setting.hpp"

namespace mhub::cli {
namespace {

struct ConfigCommand {
  std::string key;
  std::string value;
  bool has_value = false;
  bool global = false;
  bool list = false;
  bool unset = false;
  bool all = false;
  bool add = false;
};

std::string_view name_of(repo::ConfigLevel level) {
  switch (level) {
    case repo::ConfigLevel::system:
      return "system";
    case repo::ConfigLevel::global:
      return "global";
    case repo::ConfigLevel::local:
      return "local";
  }
  return "";
}

int list(Context& context, repo::Config& config, const ConfigCommand& command) {
  Json entries = Json::array();
  for (const repo::ConfigEntry& entry : config.list()) {
    if (command.global && entry.level != repo::ConfigLevel::global) continue;
    const ShownSetting shown = without_secrets(entry.key, entry.value);
    if (context.json()) {
      entries.push_back(
          {{"key", shown.key}, {"value", shown.value}, {"level", name_of(entry.level)}});
    } else {
      context.out().print("{}={}\n", printable(shown.key), printable(shown.value));
    }
  }
  if (context.json()) context.out().document(entries);
  return kExitDone;
}

int read(Context& context, const repo::Config& config, const ConfigCommand& command) {
  std::vector<std::string> values;
  if (command.all) {
    values = config.get_all(command.key);
  } else if (const auto one = config.get(command.key)) {
    values.push_back(*one);
  }
  if (context.json()) {
    context.out().document({{"key", command.key}, {"values", values}});
  } else {
    for (const std::string& value : values) context.out().print("{}\n", value);
  }
  // As git: an absent key is no error to talk about.
  return values.empty() ? kExitFailed : kExitDone;
}

int config(Context& context, const ConfigCommand& command) {
  const bool local = context.find_repository();
  repo::Config& config = context.config();
  if (command.list) return list(context, config, command);
  if (command.key.empty()) throw Error(ErrorKind::usage, "a key or --list is required");
  if (!command.unset && !command.has_value) return read(context, config, command);
  if (!command.global && !local) context.repository();  // says that there is none
  const repo::ConfigLevel level =
      command.global ? repo::ConfigLevel::global : repo::ConfigLevel::local;
  if (command.unset) {
    const bool removed = config.unset(command.key, level);
    if (context.json()) context.out().document({{"key", command.key}, {"removed", removed}});
    return removed ? kExitDone : kExitFailed;
  }
  if (command.add) {
    config.add(command.key, command.value, level);
  } else {
    config.set(command.key, command.value, level);
  }
  if (context.json()) {
    context.out().document(
        {{"key", command.key}, {"value", command.value}, {"level", name_of(level)}});
  }
  return kExitDone;
}

}  // namespace

void add_config(CLI::App& app, Context& context) {
  auto options = std::make_shared<ConfigCommand>();
  CLI::App* command = add_command(app, "config", "Read and change settings", group::kOther);
  argument(command, "KEY", options->key, "Such as user.name or mhub.hub");
  CLI::Option* given = argument(command, "VALUE", options->value, "Its new value");
  flag(command, "--global", options->global, "Your own settings, not this repository's");
  flag(command, "-l,--list", options->list, "List all settings");
  flag(command, "--unset", options->unset, "Remove the key");
  flag(command, "--get-all", options->all, "Print all values of a key that has several");
  flag(command, "--add", options->add, "Add a value beside those that the key has");
  examples(command, {"mhub config user.name", "mhub config --global user.name 'Ann Lee'",
                     "mhub config mhub.hub https://hub.example.org"});
  on_run(command, context, [options, given, &context] {
    options->has_value = given->count() > 0;
    return config(context, *options);
  });
}

}  // namespace mhub::cli
