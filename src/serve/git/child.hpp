#pragma once
// git as a child process: no shell, no user's settings, its own process group.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <mhub/base/bytes.hpp>

#include "http/unique_fd.hpp"

namespace mhub::serve {

struct ChildSpec {
  std::vector<std::string> arguments;    ///< the program's absolute path first
  std::vector<std::string> environment;  ///< "NAME=value"; nothing is inherited
  std::filesystem::path folder;          ///< working folder
};

/// Under this number too a child has its stderr. git gives its hooks another stderr, which the
/// client reads; by this one they reach the hub's log.
inline constexpr int kLogDescriptor = 3;

/// A started child. stdin is a socket (so that writing to a dead child raises no signal), stdout a
/// pipe, stderr a file in memory; our ends do not block. Whoever owns this reaps the process.
struct Child {
  pid_t id = -1;
  UniqueFd input;
  UniqueFd output;
  UniqueFd errors;
};
/// Throws Error: io, config (the program cannot be run).
Child start_child(const ChildSpec& spec);

/// First lines of what the child wrote to stderr, for a log.
std::string errors_of(const Child& child);

/// Finds `program` in the colon-separated folders of `search_path`, unless it is absolute. Throws
/// Error: config.
std::string find_program(const std::string& program, const std::string& search_path);

/// How git is run for one hub.
struct GitSetup {
  std::string program;
  std::string search_path;
  std::filesystem::path home;  ///< an empty folder

  /// Without settings of the machine or a user.
  std::vector<std::string> environment() const;
  std::vector<std::string> arguments(std::initializer_list<std::string> words) const;
};

struct RunResult {
  int exit_code = -1;  ///< 128 and more: ended by a signal
  std::string errors;
};
/// Runs to the end, giving `input` and passing stdout on piece by piece. Blocks.
RunResult run_to_end(const ChildSpec& spec, std::string_view input,
                     const std::function<void(std::string_view)>& on_output);

}  // namespace mhub::serve
