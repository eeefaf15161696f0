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
#include <mhub/remote/address.hpp>
#include <mhub/remote/credentials.hpp>
#include <mhub/repo/config.hpp>
#include <mhub/repo/repository.hpp>
#include <mhub/sync/workspace.hpp>

#include "environment.hpp"
#include "output.hpp"
#include "progress_bar.hpp"
#include "report.hpp"

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
  /// How many words stood after "--", if that was there; they are the last of the arguments.
  std::optional<std::size_t> words_after_dashes;

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
    if (!options.json && !options.quiet)
      out().write(fmt::format(format, std::forward<Args>(args)...) + "\n");
  }
  /// A remark for people: on stderr, not with -q.
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    if (!options.quiet) write_error(fmt::format(format, std::forward<Args>(args)...) + "\n");
  }

  /// The same for the whole run, drawn as the options and stderr want it.
  Progress& progress();
  /// Takes the bar away; before anything is written to stderr.
  void end_progress();
  const StopToken& stop() const;

  // --- what commands work on; opened on first use
  sync::Tools tools();
  /// The repository that the current folder lies in. Throws Error: not_found.
  sync::Workspace& workspace();
  repo::Repository& repository();
  /// Opens the repository that the current folder lies in, if it lies in one: for commands that
  /// only take settings from it.
  bool find_repository();
  /// Who makes commits and tags: GIT_AUTHOR_NAME and the like, else user.name and user.email.
  /// Throws Error: config if there is neither.
  repo::Signature author();
  repo::Signature committer();
  /// Nothing unless the environment or the settings say.
  std::optional<repo::Signature> find_identity(const char* role);
  /// `path` of the command line as one from the repository's root; "" for the root itself. Throws
  /// Error: usage if it lies outside.
  std::string in_repository(const std::string& path);
  std::vector<std::string> in_repository(const std::vector<std::string>& paths);
  /// A path from the repository's root as the user would type it here.
  std::string from_here(const std::string& path);
  std::vector<std::filesystem::path> absolute(const std::vector<std::string>& paths) const;

  /// How hubs are talked to, with the settings of git config and the environment. `home` is the
  /// remote (name or URL) that the command is about; the first call decides. Empty: as git picks
  /// it.
  sync::Connections connections(const std::string& home = {});
  /// git's settings: the repository's, or the user's alone while none is open.
  repo::Config& config();
  /// What short names of remotes mean.
  remote::HubDefaults hubs();
  remote::Environment remote_environment() const;

  /// Text for stderr as it is. Failures to write are not reported: there is nobody to tell.
  void write_error(const std::string& text);
  ReportStyle report_style() const;
  /// True if a person can be asked: stdin and stderr are terminals.
  bool can_ask() const;
  /// All of stdin. Throws Error: usage if it is longer than `limit_bytes`.
  std::string read_input(std::uint64_t limit_bytes);
  const Streams& streams() const { return streams_; }

private:
  struct Services;
  Services& services();
  repo::Signature require_identity(const char* role);
  std::unique_ptr<Progress> draw_progress() const;

  Environment environment_;
  Streams streams_;
  std::unique_ptr<Output> output_;
  LastingProgress progress_{[this] { return draw_progress(); }};
  std::unique_ptr<Services> services_;
  bool colour_errors_ = false;
};

}  // namespace mhub::cli
