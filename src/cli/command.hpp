#pragma once
// How commands declare themselves, so that all look alike in --help and completion.

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "context.hpp"

namespace mhub::cli {

/// Groups of `mhub --help`, in their order there.
namespace group {
inline constexpr const char* kStart = "Start";
inline constexpr const char* kWork = "Work";
inline constexpr const char* kSync = "Sync";
inline constexpr const char* kData = "Data";
inline constexpr const char* kHub = "Hub";
inline constexpr const char* kServer = "Server";
inline constexpr const char* kOther = "Other";
/// Not shown.
inline constexpr const char* kHidden = "";
}  // namespace group

/// A command of `parent` with one line of description.
CLI::App* add_command(CLI::App& parent, const char* name, const char* description,
                      const char* group);

/// Lines shown under "Examples:" in the command's help, one a line.
void examples(CLI::App* command, const std::vector<std::string>& lines);

/// `work` is what the command does; it runs once the whole command line has been read.
void on_run(CLI::App* command, Context& context, std::function<int()> work);

/// One argument that is named by its place.
CLI::Option* argument(CLI::App* command, const char* name, std::string& target,
                      const char* description);
/// Any number of them, last on the line.
CLI::Option* arguments(CLI::App* command, const char* name, std::vector<std::string>& target,
                       const char* description);
/// An option with one value; given twice, the last counts. `value` is its name in help ("GLOB"),
/// and tells completion what to offer: files for PATH and FILE, folders for DIR.
CLI::Option* value(CLI::App* command, const char* names, std::string& target, const char* value,
                   const char* description);
CLI::Option* number(CLI::App* command, const char* names, std::uint64_t& target, const char* value,
                    const char* description);
/// An option that may be given several times, one value each.
CLI::Option* values(CLI::App* command, const char* names, std::vector<std::string>& target,
                    const char* value, const char* description);
CLI::Option* flag(CLI::App* command, const char* names, bool& target, const char* description);

/// False for flags.
bool takes_value(const CLI::Option& option);

/// The command tree with its global options; actions go into `context`.
std::unique_ptr<CLI::App> make_app(Context& context);

/// The whole of a run but for signals: parses `arguments` (without the program's name), runs,
/// reports. Returns the exit code.
int run_command_line(const std::vector<std::string>& arguments, Environment environment,
                     Streams streams) noexcept;

}  // namespace mhub::cli
