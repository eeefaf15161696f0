#pragma once
// Where git's files of rules lie, and reading one; private to src/repo.

#include <filesystem>
#include <optional>
#include <string>

namespace mhub::repo {

/// The text of a file of ignore or attribute rules; nothing if it is missing, no regular file,
/// cannot be read or is absurdly long. Files of the work tree are not read through a symlink
/// (`follow`).
std::optional<std::string> read_rules_file(const std::filesystem::path& file, bool follow);

/// `name` in the user's git folder ($XDG_CONFIG_HOME/git or ~/.config/git).
std::optional<std::filesystem::path> user_rules_file(const std::string& name);
/// `name` in the system's folder of settings.
std::optional<std::filesystem::path> system_rules_file(const std::string& name);

}  // namespace mhub::repo
