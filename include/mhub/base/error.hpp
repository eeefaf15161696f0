#pragma once
// The one exception of the project. What failed goes into the message, what was being done into the
// context, and one remedy into the hint; src/cli maps kinds to exit codes, src/serve to HTTP
// statuses.

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace mhub {

/// What a caller can do about a failure; one exit code and one HTTP status each.
enum class ErrorKind {
  usage,        ///< The request itself makes no sense.
  config,       ///< A setting or the environment is wrong.
  not_found,    ///< The named thing does not exist (or may not be seen).
  conflict,     ///< Somebody's newer state is in the way.
  denied,       ///< Not authenticated, or without the right.
  busy,         ///< Another process holds the lock; try again.
  network,      ///< A peer did not answer, or answered with a passing failure; try again.
  io,           ///< The local file system failed: no space, no permission.
  corrupt,      ///< Bytes are not what their hash, length or format says.
  interrupted,  ///< The user asked to stop.
  internal,     ///< A bug.
};

/// A short lower-case name, such as "not_found", for logs and JSON.
std::string_view name_of(ErrorKind kind);

/// The one exception that crosses a layer boundary. Thrown for what ends the operation; ordinary
/// absence is a std::optional, an ordinary refusal a result struct. Messages never hold a token.
class Error : public std::exception {
public:
  template <class... Args>
  Error(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args)
      : kind_(kind), message_(fmt::format(format, std::forward<Args>(args)...)) {}

  /// Adds the remedy. Only who knows it says it; hints that name an mhub command are added in cli.
  Error hint(std::string text) && {
    hint_ = std::move(text);
    return std::move(*this);
  }

  /// Adds what was being done, innermost first ("restoring models/base.safetensors").
  void add_context(std::string doing) { context_.push_back(std::move(doing)); }

  ErrorKind kind() const noexcept { return kind_; }
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const noexcept { return message_; }
  const std::string& hint() const noexcept { return hint_; }
  const std::vector<std::string>& context() const noexcept { return context_; }

private:
  ErrorKind kind_;
  std::string message_;
  std::string hint_;
  std::vector<std::string> context_;
};

/// Runs `work`; an Error that leaves it gains the context `doing()` returns.
template <class Doing, class Work>
decltype(auto) with_context(Doing&& doing, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (Error& error) {
    error.add_context(std::forward<Doing>(doing)());
    throw;
  }
}

/// An io Error for a failed system call, with errno's text and, for a full disk or a missing
/// permission, a hint. `doing` reads like "write /path/to/file". Maps ENOENT to not_found.
[[nodiscard]] Error system_error(int error_number, std::string_view doing);

/// `name` with control characters and invalid UTF-8 escaped, fit for a terminal or a log line.
std::string printable(std::string_view name);

/// Ends the process for a bug; never for input. On in release builds too.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace mhub

#define MHUB_ASSERT(expression) \
  ((expression) ? void(0) : ::mhub::assertion_failed(#expression, __FILE__, __LINE__))
