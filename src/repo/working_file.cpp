// Writing and removing small working files. Every folder above a file is proven to be a real one
// just before the file is touched: a tree may hold "a" as a symlink and "a/b" as a file.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mhub/base/atomic_file.hpp>
#include <mhub/repo/work_tree.hpp>

#include "handle.hpp"
#include "index_stat.hpp"
#include "line_ends.hpp"

namespace mhub::repo {

namespace {

namespace fs = std::filesystem;

enum class Parent { real, missing, in_the_way };

Parent check_folder(const fs::path& folder) {
  struct ::stat stat;
  if (::lstat(folder.c_str(), &stat) != 0) {
    if (errno == ENOENT) return Parent::missing;
    if (errno == ENOTDIR) return Parent::in_the_way;
    throw system_error(errno, "stat " + printable(folder.string()));
  }
  return S_ISDIR(stat.st_mode) ? Parent::real : Parent::in_the_way;
}

/// Where a file is written before it is renamed to `target`: the store's folder for unfinished
/// files, which is swept after a crash, or beside the target where that is another file system.
fs::path scratch_for(Repository& repository, const fs::path& target) {
  FileSystem& disk = real_file_system();
  const fs::path scratch = repository.common_folder() / "mhub" / "tmp";
  auto stat = disk.stat(scratch);
  if (!stat) {
    disk.create_folders(scratch);
    stat = disk.stat(scratch);
  }
  const auto parent = disk.stat(target.parent_path());
  return stat && parent && stat->device == parent->device ? scratch : target.parent_path();
}

void write_symlink(Repository& repository, const fs::path& target, ByteView content) {
  const std::string link(as_text(content));
  if (link.empty() || link.find('\0') != std::string::npos)
    throw Error(ErrorKind::corrupt, "the symlink {} has no valid target",
                printable(target.string()));
  const fs::path temporary = scratch_for(repository, target) / unique_name("link");
  if (::symlink(link.c_str(), temporary.c_str()) != 0)
    throw system_error(errno, "make the symlink " + printable(target.string()));
  // As backdate() does for files.
  ::timespec times[2] = {};
  ::clock_gettime(CLOCK_REALTIME, &times[0]);
  times[0].tv_sec -= 2;
  times[1] = times[0];
  ::utimensat(AT_FDCWD, temporary.c_str(), times, AT_SYMLINK_NOFOLLOW);
  if (::rename(temporary.c_str(), target.c_str()) != 0) {
    const int number = errno;
    ::unlink(temporary.c_str());
    throw system_error(number, "make the symlink " + printable(target.string()));
  }
}

}  // namespace

fs::path prepare_parent(Repository& repository, std::string_view path, FileMode mode) {
  require_safe_tree_path(path, mode);
  fs::path folder = repository.require_work_tree();
  for (std::size_t begin = 0, slash = path.find('/'); slash != std::string_view::npos;
       begin = slash + 1, slash = path.find('/', begin)) {
    folder /= path.substr(begin, slash - begin);
    Parent parent = check_folder(folder);
    if (parent == Parent::missing) {
      if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST)
        throw system_error(errno, "create folder " + printable(folder.string()));
      parent = check_folder(folder);
    }
    if (parent != Parent::real)
      throw Error(ErrorKind::conflict, "{} is in the way: it is not a folder",
                  printable(folder.string()));
  }
  return repository.require_work_tree() / path;
}

std::optional<fs::path> existing_path(Repository& repository, std::string_view path) {
  fs::path folder = repository.require_work_tree();
  for (std::size_t begin = 0, slash = path.find('/'); slash != std::string_view::npos;
       begin = slash + 1, slash = path.find('/', begin)) {
    folder /= path.substr(begin, slash - begin);
    if (check_folder(folder) != Parent::real) return std::nullopt;
  }
  return repository.require_work_tree() / path;
}

FileStat write_working_file(Repository& repository, const PathEntry& entry, ByteView content) {
  const fs::path target = prepare_parent(repository, entry.path, entry.mode);
  // An empty folder in the way goes; one that is not empty makes the rename fail.
  if (check_folder(target) == Parent::real) ::rmdir(target.c_str());
  FileSystem& disk = real_file_system();
  if (target.filename() == ".gitattributes") repository.handle().attributes.reset();
  if (entry.mode == FileMode::symlink && repository.handle().settings().symlinks) {
    write_symlink(repository, target, content);
    return *disk.stat(target);
  }
  Bytes bytes;
  if (entry.mode != FileMode::symlink && is_converted(repository, entry.path)) {
    bytes = converted(repository, entry.path, content, GIT_FILTER_TO_WORKTREE);
    content = bytes;
  }
  AtomicFile file(disk, target, scratch_for(repository, target),
                  entry.mode == FileMode::executable ? 0777 : 0666);
  file.file().write(content);
  backdate(file.file());
  file.commit(false);
  const auto stat = disk.stat(target);
  if (!stat) throw system_error(ENOENT, "stat " + printable(target.string()));
  return *stat;
}

bool remove_working_file(Repository& repository, std::string_view path) {
  require_safe_tree_path(path);
  const auto target = existing_path(repository, path);
  if (!target) return false;
  if (check_folder(*target) == Parent::real) {
    if (::rmdir(target->c_str()) != 0) return false;
  } else if (!real_file_system().remove(*target)) {
    return false;
  }
  const fs::path& root = repository.require_work_tree();
  for (fs::path folder = target->parent_path(); folder != root; folder = folder.parent_path()) {
    if (::rmdir(folder.c_str()) != 0) break;
  }
  return true;
}

}  // namespace mhub::repo
