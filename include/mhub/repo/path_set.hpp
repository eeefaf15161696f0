#pragma once
// A choice of files and folders, as they are named on a command line: which paths does it take in?

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace mhub::repo {

/// Files and folders, named by paths from the repository's root; a folder stands for all below it.
/// An empty set, and one that names the root (""), takes in everything. A question costs a binary
/// search for each part of the path asked about, however many names the set has.
class PathSet {
public:
  PathSet() = default;
  PathSet(std::vector<std::string> names);
  PathSet(std::initializer_list<std::string> names);

  /// True if `path` is named or lies below a folder that is.
  bool contains(std::string_view path) const;
  /// True if contains() may be true of something that lies below `folder`.
  bool reaches_into(std::string_view folder) const;

private:
  bool names(std::string_view path) const;

  std::vector<std::string> names_;  ///< sorted, each once, without "/" at the end; empty: all
};

}  // namespace mhub::repo
