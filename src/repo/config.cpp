#include <algorithm>
#include <cctype>

#include <mhub/base/text.hpp>
#include <mhub/base/url_match.hpp>

#include "config_state.hpp"

namespace mhub::repo {

namespace {

git_config_level_t level_to_git(ConfigLevel level) {
  switch (level) {
    case ConfigLevel::system:
      return GIT_CONFIG_LEVEL_SYSTEM;
    case ConfigLevel::global:
      return GIT_CONFIG_LEVEL_GLOBAL;
    case ConfigLevel::local:
      return GIT_CONFIG_LEVEL_LOCAL;
  }
  return GIT_CONFIG_LEVEL_LOCAL;
}

ConfigLevel level_from_git(git_config_level_t level) {
  switch (level) {
    case GIT_CONFIG_LEVEL_PROGRAMDATA:
    case GIT_CONFIG_LEVEL_SYSTEM:
      return ConfigLevel::system;
    case GIT_CONFIG_LEVEL_XDG:
    case GIT_CONFIG_LEVEL_GLOBAL:
      return ConfigLevel::global;
    case GIT_CONFIG_LEVEL_LOCAL:
    case GIT_CONFIG_LEVEL_APP:
    case GIT_CONFIG_HIGHEST_LEVEL:
      return ConfigLevel::local;
  }
  return ConfigLevel::local;
}

/// As git spells a key: section and variable lower case.
std::string normalised(std::string_view key) {
  const std::size_t first = key.find('.');
  const std::size_t last = key.rfind('.');
  if (first == std::string_view::npos || first == 0 || last + 1 == key.size())
    throw Error(ErrorKind::usage, "{} is not the name of a setting", printable(key));
  return lower_case(key.substr(0, first)) + std::string(key.substr(first, last - first)) +
         lower_case(key.substr(last));
}

}  // namespace

bool parse_config_bool(const std::string& key, const std::string& value) {
  const std::string text = lower_case(value);
  if (text == "true" || text == "yes" || text == "on") return true;
  if (text.empty() || text == "false" || text == "no" || text == "off") return false;
  std::int64_t number = 0;
  if (git_config_parse_int64(&number, value.c_str()) == 0) return number != 0;
  throw Error(ErrorKind::config, "setting {}: {} is neither true nor false", printable(key),
              printable(value));
}

std::filesystem::path parse_config_path(const std::string& key, const std::string& value) {
  start_libgit2();
  GitBuf path;
  check(git_config_parse_path(path.get(), c_text(value)), "read setting " + printable(key));
  return path.text();
}

Config::Config(std::unique_ptr<State> state) : state_(std::move(state)) {}
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(Config&&) noexcept = default;
Config::~Config() = default;

Config Config::user() {
  start_libgit2();
  git_config* raw = nullptr;
  check(git_config_open_default(&raw), "read the user's git settings");
  return Config(std::make_unique<State>(State{GitConfig(raw), false}));
}

Config Config::of_file(const std::filesystem::path& file) {
  start_libgit2();
  git_config* raw = nullptr;
  check(git_config_open_ondisk(&raw, c_text(file.string())),
        "read settings from " + printable(file.string()));
  return Config(std::make_unique<State>(State{GitConfig(raw), true}));
}

GitConfig Config::State::writable(ConfigLevel level) const {
  git_config* raw = nullptr;
  if (single_file) {
    check(git_config_open_level(&raw, git.get(), GIT_CONFIG_LEVEL_LOCAL), "open the settings");
    return GitConfig(raw);
  }
  const git_config_level_t wanted = level_to_git(level);
  int result = git_config_open_level(&raw, git.get(), wanted);
  if (result == GIT_ENOTFOUND && level == ConfigLevel::global) {
    // No ~/.gitconfig yet: the XDG file if there is one, else a new ~/.gitconfig.
    result = git_config_open_level(&raw, git.get(), GIT_CONFIG_LEVEL_XDG);
    if (result == GIT_ENOTFOUND) {
      GitBuf home;
      check(git_libgit2_opts(GIT_OPT_GET_SEARCH_PATH, GIT_CONFIG_LEVEL_GLOBAL, home.get()),
            "find the home folder");
      const std::string folder = home.text();
      if (folder.empty()) throw Error(ErrorKind::config, "there is no home folder for settings");
      const std::string file = folder.substr(0, folder.find(':')) + "/.gitconfig";
      result = git_config_open_ondisk(&raw, file.c_str());
    }
  }
  check(result, "open the settings for writing");
  return GitConfig(raw);
}

std::optional<std::string> Config::get(const std::string& key) const {
  git_config_entry* raw = nullptr;
  const int result = git_config_get_entry(&raw, state_->git.get(), normalised(key).c_str());
  if (result == GIT_ENOTFOUND) return std::nullopt;
  check(result, "read setting " + printable(key));
  const GitConfigEntry entry(raw);
  return std::string(entry->value == nullptr ? "true" : entry->value);
}

std::optional<bool> Config::get_bool(const std::string& key) const {
  const auto value = get(key);
  if (!value) return std::nullopt;
  return parse_config_bool(key, *value);
}

std::optional<std::int64_t> Config::get_int(const std::string& key) const {
  const auto value = get(key);
  if (!value) return std::nullopt;
  std::int64_t number = 0;
  if (git_config_parse_int64(&number, c_text(*value)) != 0)
    throw Error(ErrorKind::config, "setting {}: {} is not a number", printable(key),
                printable(*value));
  return number;
}

std::optional<std::filesystem::path> Config::get_path(const std::string& key) const {
  const auto value = get(key);
  if (!value) return std::nullopt;
  return parse_config_path(key, *value);
}

std::vector<std::string> Config::get_all(const std::string& key) const {
  std::vector<std::string> values;
  const std::string wanted = normalised(key);
  for (ConfigEntry& entry : list(wanted)) {
    if (entry.key == wanted) values.push_back(std::move(entry.value));
  }
  return values;
}

std::vector<ConfigEntry> Config::list(std::string_view prefix) const {
  git_config_iterator* raw = nullptr;
  check(git_config_iterator_new(&raw, state_->git.get()), "read the git settings");
  const GitConfigIterator iterator(raw);
  std::vector<ConfigEntry> entries;
  git_config_entry* entry = nullptr;
  int result = 0;
  while ((result = git_config_next(&entry, iterator.get())) == 0) {
    if (!std::string_view(entry->name).starts_with(prefix)) continue;
    entries.push_back({entry->name, entry->value == nullptr ? "true" : entry->value,
                       level_from_git(entry->level)});
  }
  if (result != GIT_ITEROVER) check(result, "read the git settings");
  return entries;
}

namespace {

struct RankedValue {
  std::uint64_t rank;
  std::string value;
};

/// Values of section[.<url>].variable that apply to `url`, in the order of the files.
std::vector<RankedValue> values_for_url(const Config& config, std::string_view section,
                                        std::string_view variable, std::string_view url) {
  std::vector<RankedValue> values;
  const std::string head = lower_case(section) + ".";
  const std::string tail = "." + lower_case(variable);
  for (ConfigEntry& entry : config.list(head)) {
    const std::string_view key = entry.key;
    if (!key.ends_with(tail)) continue;
    if (key.size() == head.size() + tail.size() - 1) {
      values.push_back({0, std::move(entry.value)});
    } else if (key.size() > head.size() + tail.size()) {
      const auto pattern = key.substr(head.size(), key.size() - head.size() - tail.size());
      if (const auto rank = url_match_rank(pattern, url))
        values.push_back({*rank, std::move(entry.value)});
    }
  }
  return values;
}

}  // namespace

std::optional<std::string> Config::get_for_url(std::string_view section, std::string_view variable,
                                               std::string_view url) const {
  std::optional<RankedValue> best;
  for (RankedValue& value : values_for_url(*this, section, variable, url)) {
    if (!best || value.rank >= best->rank) best = std::move(value);
  }
  if (!best) return std::nullopt;
  return std::move(best->value);
}

std::optional<bool> Config::get_bool_for_url(std::string_view section, std::string_view variable,
                                             std::string_view url) const {
  const auto value = get_for_url(section, variable, url);
  if (!value) return std::nullopt;
  return parse_config_bool(std::string(section) + "." + std::string(variable), *value);
}

std::vector<std::string> Config::get_all_for_url(std::string_view section,
                                                 std::string_view variable,
                                                 std::string_view url) const {
  auto values = values_for_url(*this, section, variable, url);
  std::stable_sort(values.begin(), values.end(),
                   [](const RankedValue& a, const RankedValue& b) { return a.rank < b.rank; });
  std::vector<std::string> out;
  for (RankedValue& value : values) {
    if (value.value.empty())
      out.clear();
    else
      out.push_back(std::move(value.value));
  }
  return out;
}

void Config::set(const std::string& key, const std::string& value, ConfigLevel level) {
  const std::string name = normalised(key);
  const GitConfig git = state_->writable(level);
  int result = git_config_set_string(git.get(), c_text(name), c_text(value));
  if (result < 0 && git_config_delete_multivar(git.get(), name.c_str(), ".*") == 0) {
    // Several values stood there, which libgit2 will not replace by one.
    result = git_config_set_string(git.get(), name.c_str(), value.c_str());
  }
  check(result, "write setting " + printable(key));
}

void Config::set_bool(const std::string& key, bool value, ConfigLevel level) {
  set(key, value ? "true" : "false", level);
}

void Config::add(const std::string& key, const std::string& value, ConfigLevel level) {
  const GitConfig git = state_->writable(level);
  // A pattern that no value matches makes libgit2 append.
  check(git_config_set_multivar(git.get(), c_text(normalised(key)), "a^", c_text(value)),
        "add to setting " + printable(key));
}

bool Config::unset(const std::string& key, ConfigLevel level) {
  const GitConfig git = state_->writable(level);
  const int result = git_config_delete_multivar(git.get(), c_text(normalised(key)), ".*");
  if (result == GIT_ENOTFOUND) return false;
  check(result, "remove setting " + printable(key));
  return true;
}

void Config::remove_section(const std::string& section, const std::string& subsection,
                            ConfigLevel level) {
  const std::string prefix = lower_case(section) + "." + subsection + ".";
  std::vector<std::string> keys;
  for (const ConfigEntry& entry : list(prefix)) {
    if (entry.key.rfind('.') + 1 == prefix.size()) keys.push_back(entry.key);
  }
  for (const std::string& key : keys) unset(key, level);
}

}  // namespace mhub::repo
