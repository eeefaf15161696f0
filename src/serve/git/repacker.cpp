#include "git/repacker.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

#include <mhub/base/log.hpp>

namespace mhub::serve {

namespace {
/// git itself packs from 6700 on.
constexpr std::size_t kObjectsWritten = 5000;
constexpr std::size_t kReposRemembered = 10000;
constexpr std::chrono::hours kPatience{1};
}  // namespace

Repacker::Repacker(FdWatch& watch, std::function<std::filesystem::path(std::int64_t)> folder_of)
    : watch_(watch), folder_of_(std::move(folder_of)) {}

void Repacker::note(std::int64_t repo, std::size_t objects) noexcept {
  try {
    {
      const std::lock_guard guard(mutex_);
      if (written_.size() >= kReposRemembered) written_.clear();
      std::size_t& written = written_[repo];
      written += objects;
      if (written < kObjectsWritten) return;
      written_.erase(repo);
      if (std::find(waiting_.begin(), waiting_.end(), repo) == waiting_.end())
        waiting_.push_back(repo);
    }
    start_next();
  } catch (const std::exception& error) {
    log_warning("objects of repository {} are not packed: {}", repo, error.what());
  }
}

void Repacker::start_next() noexcept {
  for (bool has_started = false; !has_started;) {
    std::int64_t repo = 0;
    {
      const std::lock_guard guard(mutex_);
      if (is_running_ || waiting_.empty() || git_.program.empty()) return;
      repo = waiting_.front();
      waiting_.pop_front();
      is_running_ = true;
    }
    has_started = start(repo);
  }
}

bool Repacker::start(std::int64_t repo) noexcept {
  const auto finished = [this] {
    {
      const std::lock_guard guard(mutex_);
      is_running_ = false;
    }
    start_next();
  };
  try {
    ChildSpec spec;
    spec.folder = folder_of_(repo);
    spec.environment = git_.environment();
    spec.arguments = git_.arguments({"-c", "gc.autoDetach=false", "-c", "pack.threads=1", "-c",
                                     "pack.windowMemory=64m", "gc", "--auto", "--quiet"});
    auto child = std::make_shared<Child>(start_child(spec));
    child->input.reset();
    watch_.reap(child->id, kPatience, [child, repo, finished](int status) {
      if (status != 0)
        log_info("git gc of repository {} ended with status {}: {}", repo, status,
                 errors_of(*child));
      finished();
    });
    return true;
  } catch (const std::exception& error) {
    // Deleted meanwhile, perhaps. The next of its kind tries again.
    log_info("objects of repository {} are not packed: {}", repo, error.what());
    const std::lock_guard guard(mutex_);
    is_running_ = false;
    return false;
  }
}

}  // namespace mhub::serve
