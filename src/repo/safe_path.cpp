// Which paths of a tree may become files. A tree can come from anybody; a path that some file
// system takes for the repository's own folder would let it plant hooks and settings there.

#include <algorithm>
#include <array>
#include <cctype>

#include <mhub/base/error.hpp>
#include <mhub/base/text.hpp>
#include <mhub/repo/work_tree.hpp>

namespace mhub::repo {

namespace {

constexpr std::size_t kPathLimitBytes = 4096;

/// `name` as HFS+ compares it: without the characters that it ignores.
std::string without_hfs_ignorables(std::string_view name) {
  static constexpr std::array<std::string_view, 16> kIgnored = {
      "\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d",
      "\u202e", "\u206a", "\u206b", "\u206c", "\u206d", "\u206e", "\u206f", "\ufeff"};
  std::string out;
  while (!name.empty()) {
    const auto ignored = std::find_if(kIgnored.begin(), kIgnored.end(), [&](std::string_view text) {
      return name.starts_with(text);
    });
    if (ignored != kIgnored.end()) {
      name.remove_prefix(ignored->size());
    } else {
      out += name.front();
      name.remove_prefix(1);
    }
  }
  return out;
}

/// `name` as NTFS opens it: a stream name is cut off, and dots and blanks at the end.
std::string_view without_ntfs_tail(std::string_view name) {
  name = name.substr(0, name.find(':'));
  while (name.ends_with('.') || name.ends_with(' ')) name.remove_suffix(1);
  return name;
}

bool is_dot_git(std::string_view name) {
  const std::string_view ntfs = without_ntfs_tail(name);
  return equal_ignoring_case(ntfs, ".git") || equal_ignoring_case(ntfs, "git~1") ||
         equal_ignoring_case(without_hfs_ignorables(name), ".git");
}

bool is_dot_gitmodules(std::string_view name) {
  const std::string_view ntfs = without_ntfs_tail(name);
  const bool short_name = ntfs.size() == 8 && equal_ignoring_case(ntfs.substr(0, 7), "gitmod~") &&
                          ntfs[7] >= '1' && ntfs[7] <= '4';
  return short_name || equal_ignoring_case(ntfs, ".gitmodules") ||
         equal_ignoring_case(ntfs.substr(0, 7), "gi7eba~") ||
         equal_ignoring_case(without_hfs_ignorables(name), ".gitmodules");
}

bool is_safe_part(std::string_view part, FileMode mode) {
  if (part.empty() || part == "." || part == "..") return false;
  if (is_dot_git(part)) return false;
  return mode != FileMode::symlink || !is_dot_gitmodules(part);
}

}  // namespace

bool is_safe_tree_path(std::string_view path, FileMode mode) {
  if (path.empty() || path.size() > kPathLimitBytes) return false;
  if (path.find('\\') != std::string_view::npos || path.find('\0') != std::string_view::npos)
    return false;
  for (;;) {
    const std::size_t slash = path.find('/');
    const bool last = slash == std::string_view::npos;
    if (!is_safe_part(path.substr(0, slash), last ? mode : FileMode::tree)) return false;
    if (last) return true;
    path.remove_prefix(slash + 1);
  }
}

void require_safe_tree_path(std::string_view path, FileMode mode) {
  if (!is_safe_tree_path(path, mode))
    throw Error(ErrorKind::corrupt, "the path {} in a tree is not safe to write", printable(path));
}

}  // namespace mhub::repo
