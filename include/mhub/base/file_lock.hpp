#pragma once
// A lock between processes that dies with its holder (an advisory lock on an open file).

#include <chrono>
#include <filesystem>
#include <optional>

namespace mhub {

class FileLock {
public:
  enum class Mode { shared, exclusive };

  /// Waits up to `patience` for the lock on `path` (created if missing). Throws
  /// Error: busy naming the file and the holder's process id where known, io.
  FileLock(const std::filesystem::path& path, Mode mode, std::chrono::milliseconds patience);
  /// The lock if it is free now.
  static std::optional<FileLock> try_lock(const std::filesystem::path& path, Mode mode);

  ~FileLock();
  FileLock(FileLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  FileLock& operator=(FileLock&&) = delete;

  /// Removes the lock's file `path` and lets go, for locks that are made in numbers. Whoever waits
  /// for it notices and locks a new one. Only for exclusive locks.
  void remove(const std::filesystem::path& path);

private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace mhub
