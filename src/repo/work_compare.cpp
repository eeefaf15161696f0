// libgit2's own comparison would hash a large file as if it were a blob, so files are compared
// here: stat data first; then sizes, as a pointer tells its file's size; only then content.

#include "work_compare.hpp"

#include <sys/stat.h>

#include "handle.hpp"
#include "index_stat.hpp"

namespace mhub::repo {

WorkCompare::WorkCompare(Repository& repository, const Index& index, const CleanLargeFile& clean)
    : repository_(repository),
      index_(index),
      clean_(clean),
      attributes_(Attributes::of_work_tree(repository, index)) {}

bool WorkCompare::folder_is_real(const std::string& folder) {
  const auto found = folders_.find(folder);
  if (found != folders_.end()) return found->second;
  const std::size_t slash = folder.rfind('/');
  bool real = slash == std::string::npos || folder_is_real(folder.substr(0, slash));
  if (real) {
    struct ::stat stat;
    real = ::lstat((repository_.require_work_tree() / folder).c_str(), &stat) == 0 &&
           S_ISDIR(stat.st_mode);
  }
  return folders_.emplace(folder, real).first->second;
}

std::optional<FileStat> WorkCompare::stat(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos && !folder_is_real(path.substr(0, slash))) return std::nullopt;
  const auto full = full_stat(repository_.require_work_tree() / path);
  if (!full) return std::nullopt;
  return full->stat;
}

WorkCompare::Result WorkCompare::compare(const IndexEntry& entry) {
  Result result;
  if (entry.assume_unchanged || entry.skip_worktree) return result;
  result.stat = stat(entry.path);
  if (!result.stat) {
    result.state = State::missing;
    return result;
  }
  if (entry.mode == FileMode::submodule) {
    // What lies in a submodule is that repository's own matter.
    result.state = result.stat->is_folder() ? State::unchanged : State::different;
    result.work_mode = result.stat->is_folder() ? FileMode::submodule
                                                : mode_of(repository_, *result.stat, entry.mode);
    return result;
  }
  result.work_mode = mode_of(repository_, *result.stat, entry.mode);
  if (result.work_mode == FileMode::none) {  // a folder, or nothing that git stores
    result.state = State::missing;
    return result;
  }
  const bool same_mode = result.work_mode == entry.mode;
  if (same_mode && index_.is_unchanged(entry, *result.stat)) return result;
  result.is_large = is_file(entry.mode) && attributes_.is_large(entry.path);
  result.state = State::different;
  if (!same_mode || entry.intent_to_add) return result;
  // As git: a recorded size that is no longer right is proof enough.
  if (!result.is_large && entry.stat.size != 0 &&
      entry.stat.size != index_size(result.stat->size_bytes))
    return result;
  if (holds(entry.path, *result.stat, entry.mode, entry.id)) result.state = State::same;
  return result;
}

bool WorkCompare::holds(const std::string& path, const FileStat& stat, FileMode mode,
                        const ObjectId& id) {
  if (mode_of(repository_, stat, mode) != mode) return false;
  if (is_file(mode) && attributes_.is_large(path)) return large_holds(path, stat, id);
  return hash_working_file(repository_, path, stat, false) == id;
}

bool WorkCompare::large_holds(const std::string& path, const FileStat& stat, const ObjectId& id) {
  // An empty file is an empty blob, and a pointer that lies in the work tree stands for itself.
  if (stat.size_bytes < wire::kLfsPointerLimitBytes) {
    const Bytes content = read_file(real_file_system(), repository_.require_work_tree() / path,
                                    wire::kLfsPointerLimitBytes);
    if (content.empty() || wire::parse_lfs_pointer(content)) return hash_blob(content) == id;
  }
  const auto pointer = read_pointer(repository_, id);
  if (!pointer || pointer->size_bytes != stat.size_bytes || !clean_) return false;
  return clean_(path, stat) == id;
}

}  // namespace mhub::repo
