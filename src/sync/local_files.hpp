#pragma once
// What of the user's files and folders goes up, and under which names.

#include <filesystem>
#include <string>
#include <vector>

#include <mhub/base/file_system.hpp>
#include <mhub/sync/upload_folder.hpp>

namespace mhub::sync {

struct LocalFile {
  std::string name;            ///< in the repository
  std::filesystem::path path;  ///< no link
  FileStat stat;
};

/// `options.path_in_repo` as a path from the top: without slashes at its ends. Throws Error: usage.
std::string folder_in_repo(const UploadFolderOptions& options);

/// In order of their names. Leaves out what git and clients of hubs keep for themselves. Throws
/// Error: not_found, usage (a name that cannot be in a repository, or would be there twice), io.
std::vector<LocalFile> find_local_files(const UploadFolderOptions& options);

}  // namespace mhub::sync
