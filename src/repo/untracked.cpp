// The walk through the work tree for what git does not know.

#include <algorithm>
#include <unordered_set>

#include <dirent.h>
#include <sys/stat.h>

#include <mhub/base/error.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/work_tree.hpp>

#include "ignore.hpp"

namespace mhub::repo {

namespace {

namespace fs = std::filesystem;

enum class Kind { file, folder, other };

struct Child {
  std::string name;
  Kind kind;
};

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

std::vector<Child> list_children(const fs::path& folder) {
  std::vector<Child> children;
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.c_str()));
  if (!open) {
    // Gone meanwhile, or not ours to look into: git passes over it as well.
    if (errno == ENOENT || errno == EACCES || errno == ENOTDIR) return children;
    throw system_error(errno, "list folder " + printable(folder.string()));
  }
  while (const dirent* entry = ::readdir(open.get())) {
    Child child{entry->d_name, Kind::other};
    if (child.name == "." || child.name == "..") continue;
    if (entry->d_type == DT_REG || entry->d_type == DT_LNK) child.kind = Kind::file;
    if (entry->d_type == DT_DIR) child.kind = Kind::folder;
    if (entry->d_type == DT_UNKNOWN) {
      struct ::stat stat;
      if (::lstat((folder / child.name).c_str(), &stat) != 0) continue;
      if (S_ISREG(stat.st_mode) || S_ISLNK(stat.st_mode)) child.kind = Kind::file;
      if (S_ISDIR(stat.st_mode)) child.kind = Kind::folder;
    }
    children.push_back(std::move(child));
  }
  return children;
}

class Walk {
public:
  Walk(Repository& repository, const Index& index, const WalkOptions& options,
       const StopToken& stop)
      : root_(repository.require_work_tree()), options_(options), stop_(stop), ignore_(repository) {
    index.for_each([&](const IndexEntry& entry) {
      for (std::size_t slash = entry.path.rfind('/'); slash != std::string::npos && slash > 0;
           slash = entry.path.rfind('/', slash - 1)) {
        if (!folders_.insert(entry.path.substr(0, slash)).second) break;
      }
      tracked_.insert(entry.path);
    });
  }

  std::vector<std::string> run() {
    folder("", false);
    std::sort(found_.begin(), found_.end());
    return std::move(found_);
  }

private:
  bool ignored(const std::string& path, bool is_folder) {
    return !options_.include_ignored && ignore_.is_ignored(path, is_folder);
  }

  /// Visits what lies in `path`. `parent_ignored`: a rule names the folder, in which tracked files
  /// lie all the same.
  void folder(const std::string& path, bool parent_ignored) {
    stop_.check();
    for (const Child& child : list_children(path.empty() ? root_ : root_ / path)) {
      if (child.name == ".git") continue;
      const std::string name = path.empty() ? child.name : path + "/" + child.name;
      if (child.kind == Kind::folder)
        visit_folder(name, parent_ignored);
      else if (child.kind == Kind::file && !parent_ignored && !tracked_.contains(name) &&
               options_.paths.contains(name) && !ignored(name, false))
        found_.push_back(name);
    }
  }

  void visit_folder(const std::string& name, bool parent_ignored) {
    if (!options_.paths.reaches_into(name) || tracked_.contains(name))
      return;  // tracked: a submodule
    const bool skip = parent_ignored || ignored(name, true);
    if (folders_.contains(name)) {
      folder(name, skip);
      return;
    }
    if (skip) return;
    std::error_code error;
    if (fs::exists(fs::symlink_status(root_ / name / ".git", error))) {
      if (options_.paths.contains(name)) found_.push_back(name + "/");
      return;
    }
    if (options_.mode == UntrackedMode::all || !options_.paths.contains(name))
      folder(name, false);
    else if (holds_files(name))
      found_.push_back(name + "/");
  }

  /// True if an untracked folder holds anything that `add` would take.
  bool holds_files(const std::string& path) {
    stop_.check();
    std::vector<std::string> folders;
    for (const Child& child : list_children(root_ / path)) {
      const std::string name = path + "/" + child.name;
      if (child.kind == Kind::file && !ignored(name, false)) return true;
      if (child.kind != Kind::folder) continue;
      if (child.name == ".git") return true;
      if (!ignored(name, true)) folders.push_back(name);
    }
    return std::any_of(folders.begin(), folders.end(),
                       [&](const std::string& name) { return holds_files(name); });
  }

  const fs::path root_;
  const WalkOptions& options_;
  const StopToken& stop_;
  IgnoreRules ignore_;
  std::unordered_set<std::string> tracked_;
  std::unordered_set<std::string> folders_;
  std::vector<std::string> found_;
};

}  // namespace

bool is_ignored(Repository& repository, std::string_view path, bool is_folder) {
  return IgnoreRules(repository).is_ignored_with_parents(path, is_folder);
}

std::vector<std::string> find_untracked(Repository& repository, const Index& index,
                                        const WalkOptions& options, const StopToken& stop) {
  if (options.mode == UntrackedMode::none) return {};
  return Walk(repository, index, options, stop).run();
}

}  // namespace mhub::repo
