#pragma once
// Whether a working file holds what the index says; private to src/repo.

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include <mhub/repo/attributes.hpp>
#include <mhub/repo/status.hpp>

namespace mhub::repo {

/// Compares working files with blobs, by stat data where that settles it. One command, one thread.
class WorkCompare {
public:
  WorkCompare(Repository& repository, const Index& index, const CleanLargeFile& clean);

  /// lstat of `path`, if all folders above it are real folders.
  std::optional<FileStat> stat(const std::string& path);

  enum class State {
    unchanged,  ///< stat data says so
    same,       ///< content and mode are the same although stat data is not
    missing,
    different,
  };
  struct Result {
    State state = State::unchanged;
    FileMode work_mode = FileMode::none;
    std::optional<FileStat> stat;
    bool is_large = false;  ///< known only if the content had to be looked at
  };
  /// The working file against its index entry.
  Result compare(const IndexEntry& entry);

  /// True if the working file at `path`, whose stat is `stat`, holds the content of blob `id`.
  bool holds(const std::string& path, const FileStat& stat, FileMode mode, const ObjectId& id);
  bool is_large(const std::string& path) { return attributes_.is_large(path); }

private:
  bool folder_is_real(const std::string& folder);
  bool large_holds(const std::string& path, const FileStat& stat, const ObjectId& id);

  Repository& repository_;
  const Index& index_;
  const CleanLargeFile& clean_;
  Attributes attributes_;
  std::unordered_map<std::string, bool> folders_;
};

}  // namespace mhub::repo
