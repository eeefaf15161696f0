#pragma once
// Runs git's credential helpers (gitcredentials(7), git-credential(1)) as child processes.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/progress.hpp>
#include <mhub/remote/credentials.hpp>

namespace mhub::remote {

enum class HelperAction { get, store, erase };

/// The command for one `credential.helper` value, in git's three forms: "!snippet" goes to sh, as
/// the user configured it; an absolute path is run with its arguments; "name args" means the
/// program git-credential-name, looked up in `path` and where git keeps its own. Empty for an empty
/// value.
std::vector<std::string> helper_command(std::string_view helper, HelperAction action,
                                        std::string_view path);

/// What a helper is told, and what it answers: "key=value" lines.
std::string helper_input(const net::Url& url, const HelperSettings& settings, std::string_view user,
                         std::string_view password);
/// Nothing unless both a user and a password were answered.
std::optional<Credential> parse_helper_output(std::string_view output, std::string_view user);

/// Runs `command` with `input` on stdin. Returns its stdout (only for `get`), or nothing if it
/// could not be run, failed, said too much or took longer than two minutes. Throws Error:
/// interrupted.
std::optional<std::string> run_helper(const std::vector<std::string>& command,
                                      const std::string& input, HelperAction action,
                                      const StopToken& stop);

}  // namespace mhub::remote
