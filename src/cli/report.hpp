#pragma once
// How a failure reaches the person or the script: text, hint, exit code.

#include <exception>
#include <string>
#include <string_view>

#include <mhub/base/error.hpp>

namespace mhub::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitConflict = 3;
inline constexpr int kExitDenied = 4;
inline constexpr int kExitNetwork = 5;
inline constexpr int kExitCorrupt = 6;
inline constexpr int kExitBusy = 7;
inline constexpr int kExitInterrupted = 130;

int exit_code_of(ErrorKind kind);

struct ReportStyle {
  bool json = false;    ///< one JSON object instead of text
  bool colour = false;  ///< escape sequences may be used
};

/// What is to be written to stderr for `error`, newline included. `command` is the command that
/// failed ("push"), "" if there is none yet; hints that name a command depend on it. JSON:
/// {"error":kind,"message":…,"context":[…],"hint":…,"exit_code":…}.
std::string format_report(const Error& error, std::string_view command, const ReportStyle& style);

/// Any exception as an Error: those that are none become `internal`, `io` or what fits.
Error as_error(const std::exception_ptr& failure);

}  // namespace mhub::cli
