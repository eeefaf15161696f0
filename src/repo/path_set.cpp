#include <algorithm>

#include <mhub/repo/path_set.hpp>

namespace mhub::repo {

PathSet::PathSet(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::string& name : names_) {
    while (name.ends_with('/')) name.pop_back();
  }
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  if (!names_.empty() && names_.front().empty()) names_.clear();
}

PathSet::PathSet(std::initializer_list<std::string> names)
    : PathSet(std::vector<std::string>(names)) {}

bool PathSet::names(std::string_view path) const {
  return std::binary_search(names_.begin(), names_.end(), path);
}

bool PathSet::contains(std::string_view path) const {
  if (names_.empty() || names(path)) return true;
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    if (names(path.substr(0, slash))) return true;
  }
  return false;
}

bool PathSet::reaches_into(std::string_view folder) const {
  if (contains(folder)) return true;
  const std::string below = std::string(folder) + "/";
  const auto next = std::lower_bound(names_.begin(), names_.end(), below);
  return next != names_.end() && next->starts_with(below);
}

}  // namespace mhub::repo
