#pragma once
// What every command is handed: the global options, where to print, how to hear of a stop.

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <mhub/base/progress.hpp>

#include "environment.hpp"
#include "output.hpp"
#include "report.hpp"

namespace CLI {
class App;
}

namespace mhub::cli {

struct GlobalOptions {
  std::vector<std::string> folders;  ///< -C, each relative to the one before
  bool json = false;
  bool quiet = false;
  int verbosity = 0;
  bool no_progress = false;
  std::string colour = "auto";
  unsigned jobs = 0;  ///< 0: one per core
};

/// Where a command reads and writes; tests give it files.
struct Streams {
  std::FILE* in = stdin;
  std::FILE* out = stdout;
  std::FILE* err = stderr;
};

/// One run of the program. For the main thread.
class Context {
public:
  Context(Environment environment, Streams streams);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // --- set while the command line is parsed
  GlobalOptions options;
  /// The chosen command's work; returns the exit code.
  std::function<int()> action;
  /// The command's name for hints, "push".
  std::string command;

  /// Applies the global options: changes folder, sets log level and colours. Throws Error:
  /// not_found, usage.
  void start();

  const Environment& environment() const { return environment_; }
  /// The folder that relative paths of the command line start from.
  std::filesystem::path folder() const;
  /// `path` of the command line as an absolute one, "." and ".." taken out by name alone.
  std::filesystem::path absolute(const std::string& path) const;

  Output& out() { return *output_; }
  bool json() const { return options.json; }
  /// A result line for people: on stdout, not with --json or -q.
  template <class... Args>
  void summary(fmt::format_string<Args...> format, Args&&... args) {
    if (!options.json && !options.quiet) out().write(fmt::format(format, args...) + "\n");
  }
  /// A remark for people: on stderr, not with -q.
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    if (!options.quiet) write_error(fmt::format(format, args...) + "\n");
  }

  /// Made on first use, as the options and stderr want it.
  Progress& progress();
  /// Takes the bar away; before anything is written to stderr.
  void end_progress();
  const StopToken& stop() const;

  /// Text for stderr as it is. Failures to write are not reported: there is nobody to tell.
  void write_error(const std::string& text);
  ReportStyle report_style() const;
  /// True if a person can be asked: stdin and stderr are terminals.
  bool can_ask() const;
  const Streams& streams() const { return streams_; }

private:
  Environment environment_;
  Streams streams_;
  std::unique_ptr<Output> output_;
  std::unique_ptr<Progress> progress_;
  bool colour_errors_ = false;
};

}  // namespace mhub::cli
