#pragma once
// Listing a tree page by page, so that one answer stays small however many files there are.

#include <string>
#include <vector>

#include <mhub/repo/object_id.hpp>
#include <mhub/repo/repository.hpp>

namespace mhub::repo {

struct TreePageOptions {
  /// With what lies below folders; each folder then stands before its content.
  bool is_recursive = false;
  /// The path of the last entry of the page before; empty for the first page.
  std::string after;
  std::size_t limit = 1000;
};

struct TreePage {
  std::vector<PathEntry> entries;  ///< files, symlinks and folders (mode tree), in git's order
  bool has_more = false;
};

/// Entries below `tree`, with paths from there on. Submodules are left out. Throws Error: usage if
/// `after` is not in the tree, not_found, corrupt.
TreePage list_tree_page(Repository& repository, const ObjectId& tree,
                        const TreePageOptions& options);

}  // namespace mhub::repo
