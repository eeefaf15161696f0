#pragma once
// `mhub rm`: tracked files leave the index and the work tree.

#include <mhub/sync/workspace.hpp>

namespace mhub::sync {

struct RemoveOptions {
  /// From the repository's root or absolute; a folder only with `recursive`.
  std::vector<std::filesystem::path> paths;
  bool recursive = false;
  bool cached = false;  ///< leave the working files
  bool force = false;   ///< also files with changes that no commit holds
  bool dry_run = false;
};

/// The paths removed. Throws Error: not_found (a path matches no tracked file), usage (a folder
/// without `recursive`), conflict (a file has changes that would be lost; nothing was removed),
/// busy.
std::vector<std::string> remove(Workspace& workspace, const RemoveOptions& options,
                                const Tools& tools);

}  // namespace mhub::sync
