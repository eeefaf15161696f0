#pragma once
// git's lock on the index, held so that a dead holder can be told; private to src/repo.

#include <chrono>
#include <filesystem>

namespace mhub::repo {

/// The file `index.lock`, which keeps git and every other program from writing the index. One that
/// a killed mhub left behind is taken over; anybody else's is respected.
class IndexLock {
public:
  /// Throws Error: busy if the lock is still held after `patience`, io.
  IndexLock(std::filesystem::path file, std::chrono::milliseconds patience);
  /// Lets go of it.
  ~IndexLock();
  IndexLock(const IndexLock&) = delete;
  IndexLock& operator=(const IndexLock&) = delete;

private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace mhub::repo
