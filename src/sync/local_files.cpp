#include "local_files.hpp"

#include <map>

#include <mhub/base/error.hpp>
#include <mhub/repo/work_tree.hpp>

namespace mhub::sync {

namespace {

[[noreturn]] void refuse_name(const std::filesystem::path& path) {
  throw Error(ErrorKind::usage, "{} cannot go to a repository under that name",
              printable(path.string()));
}

class Gatherer {
public:
  explicit Gatherer(const UploadFolderOptions& options)
      : options_(options), prefix_(folder_in_repo(options)) {}

  std::vector<LocalFile> run() {
    const bool single = options_.paths.size() == 1;
    for (const std::filesystem::path& path : options_.paths) {
      std::error_code failed;
      const auto status = std::filesystem::status(path, failed);
      if (failed || !std::filesystem::exists(status))
        throw Error(ErrorKind::not_found, "there is no file or folder {}",
                    printable(path.string()));
      if (std::filesystem::is_directory(status)) {
        add_folder(path, single ? prefix_ : below(prefix_, last_name(path)));
      } else if (single && !options_.path_in_repo.empty() &&
                 !options_.path_in_repo.ends_with('/')) {
        add_file(path, prefix_);
      } else {
        add_file(path, below(prefix_, last_name(path)));
      }
    }
    std::vector<LocalFile> files;
    for (auto& [name, file] : found_) files.push_back(std::move(file));
    return files;
  }

  static std::string below(const std::string& folder, const std::string& name) {
    return folder.empty() ? name : folder + "/" + name;
  }

private:
  static std::string last_name(const std::filesystem::path& path) {
    const auto normal = path.lexically_normal();
    return (normal.has_filename() ? normal : normal.parent_path()).filename().string();
  }

  void add_folder(const std::filesystem::path& root, const std::string& folder) {
    std::error_code failed;
    std::filesystem::recursive_directory_iterator it(root, failed), end;
    for (; !failed && it != end; it.increment(failed)) {
      std::error_code unknown;
      const auto status = it->status(unknown);
      // A link in circles is no file, as one to nothing.
      if (status.type() == std::filesystem::file_type::none &&
          unknown != std::errc::too_many_symbolic_link_levels)
        throw system_error(unknown.value(), "look at " + printable(it->path().string()));
      const std::string relative = it->path().lexically_relative(root).generic_string();
      // What git, and what clients of hubs, keep for themselves.
      if (std::filesystem::is_directory(status) &&
          (it->path().filename() == ".git" || relative == ".cache/huggingface" ||
           relative.ends_with("/.cache/huggingface"))) {
        it.disable_recursion_pending();
        continue;
      }
      if (it->path().filename() == ".git" || !std::filesystem::is_regular_file(status)) continue;
      if (options_.patterns.wants(relative)) add_file(it->path(), below(folder, relative));
    }
    if (failed) throw system_error(failed.value(), "list the folder " + printable(root.string()));
  }

  void add_file(const std::filesystem::path& path, const std::string& name) {
    if (!repo::is_safe_tree_path(name)) refuse_name(path);
    LocalFile file{name, std::filesystem::canonical(path), {}};
    const auto stat = real_file_system().stat(file.path);
    if (!stat || !stat->is_regular())
      throw Error(ErrorKind::usage, "{} is not a file", printable(path.string()));
    file.stat = *stat;
    if (!found_.try_emplace(name, std::move(file)).second)
      throw Error(ErrorKind::usage, "two files would become {}", printable(name));
  }

  const UploadFolderOptions& options_;
  const std::string prefix_;
  std::map<std::string, LocalFile> found_;
};

}  // namespace

std::string folder_in_repo(const UploadFolderOptions& options) {
  const auto normal = std::filesystem::path(options.path_in_repo).lexically_normal();
  std::string text = normal.generic_string();
  while (text.starts_with('/')) text.erase(0, 1);
  while (text.ends_with('/')) text.pop_back();
  if (text == ".") return {};
  if (!text.empty() && !repo::is_safe_tree_path(text)) refuse_name(options.path_in_repo);
  return text;
}

std::vector<LocalFile> find_local_files(const UploadFolderOptions& options) {
  return Gatherer(options).run();
}

}  // namespace mhub::sync
