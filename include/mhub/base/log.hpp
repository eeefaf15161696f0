#pragma once
// Diagnostics on stderr, off by default below warnings. Never a token, never stdout.

#include <string_view>

#include <fmt/format.h>

namespace mhub {

enum class LogLevel { error, warning, info, debug };

/// What is worth writing from now on. Threads may call it.
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);
/// One line "mhub: <text>"; control characters are escaped.
void write_log(LogLevel level, std::string_view text);

template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::warning))
    write_log(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::info))
    write_log(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::debug))
    write_log(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace mhub
