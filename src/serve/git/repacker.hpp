#pragma once
// Commits over HTTP and small pushes leave git objects as a file each, refused ones too. Where many
// have come together, git packs them, and drops what nothing has led to for two weeks.

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "git/child.hpp"
#include "http/fd_watch.hpp"

namespace mhub::serve {

/// Runs `git gc --auto`, for one repository at a time. Threads may share it.
class Repacker {
public:
  /// `watch` must not be running any more when this is destroyed.
  Repacker(FdWatch& watch, std::function<std::filesystem::path(std::int64_t repo)> folder_of);

  void set_git(GitSetup git) { git_ = std::move(git); }
  /// About that many objects were written.
  void note(std::int64_t repo, std::size_t objects) noexcept;

private:
  void start_next() noexcept;
  /// False if it could not be.
  bool start(std::int64_t repo) noexcept;
  FdWatch& watch_;
  const std::function<std::filesystem::path(std::int64_t)> folder_of_;
  GitSetup git_;
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::size_t> written_;
  std::deque<std::int64_t> waiting_;
  bool is_running_ = false;
};

}  // namespace mhub::serve
