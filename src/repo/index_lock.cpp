// git's convention knows no owner: the file is there, or it is not. Ours carries a word that says
// that mhub made it, and its maker keeps an advisory lock on it for as long as it lives. A lock
// file with that word and without that advisory lock is a dead process's.

#include "index_lock.hpp"

#include <array>
#include <cstring>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mhub/base/atomic_file.hpp>
#include <mhub/base/error.hpp>

namespace mhub::repo {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = "mhub\n";

/// A file of our own, marked and locked, not yet under the lock's name.
int make_marked(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
  if (descriptor < 0) throw system_error(errno, "create " + printable(file.string()));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 ||
      ::write(descriptor, kMark.data(), kMark.size()) != static_cast<ssize_t>(kMark.size())) {
    const int number = errno;
    ::close(descriptor);
    ::unlink(file.c_str());
    throw system_error(number, "write " + printable(file.string()));
  }
  return descriptor;
}

/// Removes `file` if a dead mhub left it.
void remove_if_abandoned(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return;
  std::array<char, kMark.size() + 1> content{};
  struct ::stat mine, named;
  const bool marked =
      ::read(descriptor, content.data(), content.size()) == static_cast<ssize_t>(kMark.size()) &&
      std::memcmp(content.data(), kMark.data(), kMark.size()) == 0;
  // Whoever holds the advisory lock of the very file that has the name may remove it: nobody else
  // can have replaced it meanwhile.
  if (marked && ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 && ::fstat(descriptor, &mine) == 0 &&
      ::lstat(file.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
      mine.st_dev == named.st_dev)
    ::unlink(file.c_str());
  ::close(descriptor);
}

}  // namespace

IndexLock::IndexLock(fs::path file, std::chrono::milliseconds patience) : file_(std::move(file)) {
  const fs::path own = file_.parent_path() / unique_name(file_.filename().string());
  const auto deadline = std::chrono::steady_clock::now() + patience;
  descriptor_ = make_marked(own);
  int failure = 0;
  for (;;) {
    if (::link(own.c_str(), file_.c_str()) == 0) break;
    failure = errno;
    if (failure != EEXIST) break;
    remove_if_abandoned(file_);
    if (::link(own.c_str(), file_.c_str()) == 0) {
      failure = 0;
      break;
    }
    if (std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    failure = 0;
  }
  if (failure == EPERM || failure == ENOTSUP || failure == EMLINK) {
    // A file system without links: the plain way, which leaves no mark.
    const int plain = ::open(file_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    failure = plain < 0 ? errno : 0;
    if (plain >= 0) ::close(plain);
  }
  ::unlink(own.c_str());
  if (failure == 0) return;
  ::close(descriptor_);
  if (failure == EEXIST)
    throw Error(ErrorKind::busy, "another program holds {}", printable(file_.string()))
        .hint("wait for it to finish; if none is running, remove that file");
  throw system_error(failure, "create " + printable(file_.string()));
}

IndexLock::~IndexLock() {
  ::unlink(file_.c_str());
  ::close(descriptor_);
}

}  // namespace mhub::repo
