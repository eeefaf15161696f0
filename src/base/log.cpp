#include <atomic>
#include <cstdio>

#include <mhub/base/error.hpp>
#include <mhub/base/log.hpp>

namespace mhub {

namespace {
std::atomic<LogLevel> current_level{LogLevel::warning};
}

void set_log_level(LogLevel level) {
  current_level.store(level, std::memory_order_relaxed);
}

bool log_enabled(LogLevel level) {
  return level <= current_level.load(std::memory_order_relaxed);
}

void write_log(LogLevel level, std::string_view text) {
  const char* prefix = level == LogLevel::error     ? "error: "
                       : level == LogLevel::warning ? "warning: "
                                                    : "";
  const std::string line = fmt::format("mhub: {}{}\n", prefix, printable(text));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace mhub
