#pragma once
// A repository in a folder of its own, beside the real git.

#include <fstream>
#include <sstream>

#include <mhub/repo/repository.hpp>

#include "support/matchers.hpp"
#include "support/run.hpp"

namespace mhub::test {

/// Keeps the user's and the machine's git settings out of the tests. Made before libgit2 starts.
inline const TemporaryFolder& isolated_home() {
  static const TemporaryFolder home;
  static const bool set = [] {
    ::setenv("HOME", home.path().c_str(), 1);
    ::setenv("XDG_CONFIG_HOME", (home.path() / "xdg").c_str(), 1);
    ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    for (const char* who : {"AUTHOR", "COMMITTER"}) {
      ::setenv((std::string("GIT_") + who + "_NAME").c_str(), "Ada", 1);
      ::setenv((std::string("GIT_") + who + "_EMAIL").c_str(), "ada@example.org", 1);
    }
    std::ofstream(home.path() / ".gitconfig")
        << "[user]\n\tname = Ada\n\temail = ada@example.org\n"
           "[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n";
    return true;
  }();
  static_cast<void>(set);
  return home;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// An empty repository on branch main, made by mhub.
class GitRepo {
public:
  explicit GitRepo(bool bare = false)
      : repository_((isolated_home(), repo::Repository::init(folder_ / "work", {bare, "main"}))) {}

  repo::Repository& operator*() { return repository_; }
  repo::Repository* operator->() { return &repository_; }
  std::filesystem::path path(std::string_view name = "") const {
    return name.empty() ? folder_ / "work" : folder_ / "work" / name;
  }
  const TemporaryFolder& folder() const { return folder_; }

  void write(std::string_view name, std::string_view content) const {
    const auto file = path(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
  }
  std::string read(std::string_view name) const { return read_text(path(name)); }

  RunResult try_git(std::vector<std::string> arguments, RunOptions options = {}) const {
    repository_.flush_objects();
    arguments.insert(arguments.begin(), "git");
    options.folder = path();
    return run(arguments, options);
  }
  /// stdout of a git command that must succeed, without the last line's end.
  std::string git(std::vector<std::string> arguments) const {
    const RunResult result = try_git(arguments);
    INFO("git " << arguments[0] << ": " << result.err);
    REQUIRE(result.exit_code == 0);
    std::string out = result.out;
    if (out.ends_with('\n')) out.pop_back();
    return out;
  }
  /// Commits all with git itself; the commit's id.
  std::string git_commit_all(const std::string& message) const {
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", message});
    return git({"rev-parse", "HEAD"});
  }
  /// `git status --porcelain`; empty when clean.
  std::string status() const { return git({"status", "--porcelain"}); }
  /// A filter that leaves a file `called` behind whenever git runs it, and fails.
  void forbid_filter() const {
    git({"config", "filter.lfs.clean", "touch ../called; false"});
    git({"config", "filter.lfs.smudge", "touch ../called; false"});
    git({"config", "filter.lfs.required", "true"});
  }
  bool filter_was_called() const { return std::filesystem::exists(folder_ / "called"); }

private:
  TemporaryFolder folder_;
  mutable repo::Repository repository_;
};

inline repo::ObjectId id_of(const std::string& hex) {
  const auto id = repo::ObjectId::parse(hex);
  REQUIRE(id);
  return *id;
}

}  // namespace mhub::test
