#pragma once
// git's settings: reading through all levels, writing to one.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mhub::repo {

class Repository;

enum class ConfigLevel { system, global, local };

struct ConfigEntry {
  std::string key;  ///< section and variable lower case, subsection as written
  std::string value;
  ConfigLevel level = ConfigLevel::local;
};

/// Keys are written "section.variable" or "section.subsection.variable". One thread at a time.
/// Throws Error: config for a malformed value or file, busy if another process writes, io.
class Config {
public:
  /// The user's and the system's settings alone, without any repository.
  static Config user();
  /// One file by itself, made on the first write.
  static Config of_file(const std::filesystem::path& file);

  Config(Config&&) noexcept;
  Config& operator=(Config&&) noexcept;
  ~Config();

  /// The value that counts (the last one of the highest level); nothing if there is none.
  std::optional<std::string> get(const std::string& key) const;
  /// As git reads booleans: true yes on 1, false no off 0 and the empty value.
  std::optional<bool> get_bool(const std::string& key) const;
  /// With git's suffixes k, m, g.
  std::optional<std::int64_t> get_int(const std::string& key) const;
  /// With "~/" expanded.
  std::optional<std::filesystem::path> get_path(const std::string& key) const;
  /// All values, lowest level first.
  std::vector<std::string> get_all(const std::string& key) const;
  /// All entries whose key begins with `prefix` (lower case section), lowest level first.
  std::vector<ConfigEntry> list(std::string_view prefix = {}) const;

  /// `section.<url>.variable` for `url` by git's rules (`git help config`, http.<url>.*): the most
  /// specific match counts, a plain `section.variable` matches least.
  std::optional<std::string> get_for_url(std::string_view section, std::string_view variable,
                                         std::string_view url) const;
  std::optional<bool> get_bool_for_url(std::string_view section, std::string_view variable,
                                       std::string_view url) const;
  /// All values that apply, least specific first, for variables that may be given many times
  /// (http.extraHeader). An empty value clears what came before it.
  std::vector<std::string> get_all_for_url(std::string_view section, std::string_view variable,
                                           std::string_view url) const;

  /// Replaces the value at `level` (for Config::of_file its only level).
  void set(const std::string& key, const std::string& value,
           ConfigLevel level = ConfigLevel::local);
  void set_bool(const std::string& key, bool value, ConfigLevel level = ConfigLevel::local);
  /// Adds one more value at `level`.
  void add(const std::string& key, const std::string& value,
           ConfigLevel level = ConfigLevel::local);
  /// Removes all values at `level`; false if there was none.
  bool unset(const std::string& key, ConfigLevel level = ConfigLevel::local);
  /// Removes all of "section.subsection.*" at `level`.
  void remove_section(const std::string& section, const std::string& subsection,
                      ConfigLevel level = ConfigLevel::local);

private:
  friend class Repository;
  struct State;
  explicit Config(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What get_bool() and get_path() make of a value; `key` is for the message. The first throws
/// Error: config for what is neither true nor false.
bool parse_config_bool(const std::string& key, const std::string& value);
std::filesystem::path parse_config_path(const std::string& key, const std::string& value);

}  // namespace mhub::repo
