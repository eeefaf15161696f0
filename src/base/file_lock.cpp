#include <cerrno>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mhub/base/error.hpp>
#include <mhub/base/file_lock.hpp>

namespace mhub {

namespace {

constexpr std::chrono::milliseconds kPollInterval{20};

int open_lock_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) throw system_error(errno, "open lock file " + printable(path.string()));
  return descriptor;
}

/// True if the lock was taken, false if somebody else holds it. Closes the file when it throws.
bool take(int descriptor, FileLock::Mode mode, const std::filesystem::path& path) {
  const int operation = (mode == FileLock::Mode::shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  while (::flock(descriptor, operation) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return false;
    const int number = errno;
    ::close(descriptor);
    throw system_error(number, "lock " + printable(path.string()));
  }
  // For the message of whoever waits; the lock itself is the kernel's and dies with the process.
  // Many may share it, so that none of them is named, nor the one that had it before.
  const std::string holder =
      mode == FileLock::Mode::exclusive ? fmt::format("{}\n", ::getpid()) : std::string();
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, holder.data(), holder.size(), 0) < 0) {
    // Only the message would have been better.
  }
  return true;
}

/// False if the file that was locked is no longer the one at `path` (see FileLock::remove).
bool is_current(int descriptor, const std::filesystem::path& path) {
  struct ::stat locked;
  struct ::stat named;
  return ::fstat(descriptor, &locked) == 0 && ::stat(path.c_str(), &named) == 0 &&
         locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
}

std::string holder_of(int descriptor) {
  char text[32] = {};
  const ssize_t got = ::pread(descriptor, text, sizeof text - 1, 0);
  std::string holder(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!holder.empty() && (holder.back() < '0' || holder.back() > '9')) holder.pop_back();
  return holder;
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path, Mode mode, std::chrono::milliseconds patience)
    : descriptor_(open_lock_file(path)) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (take(descriptor_, mode, path)) {
      if (is_current(descriptor_, path)) return;
      ::close(descriptor_);
      descriptor_ = open_lock_file(path);
      continue;
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      const std::string holder = holder_of(descriptor_);
      ::close(descriptor_);
      throw Error(ErrorKind::busy, "{} is locked by another mhub{}", printable(path.string()),
                  holder.empty() ? "" : " (process " + holder + ")")
          .hint("wait for the other command to end and try again");
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

std::optional<FileLock> FileLock::try_lock(const std::filesystem::path& path, Mode mode) {
  const int descriptor = open_lock_file(path);
  if (take(descriptor, mode, path) && is_current(descriptor, path)) return FileLock(descriptor);
  ::close(descriptor);
  return std::nullopt;
}

void FileLock::remove(const std::filesystem::path& path) {
  if (descriptor_ < 0) return;
  ::unlink(path.c_str());
  ::close(descriptor_);
  descriptor_ = -1;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace mhub
