#pragma once
// The working files: which names may be written, which are ignored, and writing small files safely.

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/file_system.hpp>
#include <mhub/base/progress.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/object_id.hpp>
#include <mhub/repo/path_set.hpp>
#include <mhub/repo/repository.hpp>

namespace mhub::repo {

/// True if a tree's `path` may be used below a work tree: relative, no empty part, no "." or "..",
/// no backslash, no NUL, no part that any file system could take for ".git" (upper case, "git~1",
/// trailing dots and blanks, stream names, characters that HFS+ ignores), and not too long. A
/// symlink may not be named .gitmodules.
bool is_safe_tree_path(std::string_view path, FileMode mode = FileMode::regular);
/// Throws Error: corrupt naming the path.
void require_safe_tree_path(std::string_view path, FileMode mode = FileMode::regular);

/// True if the ignore rules leave `path` out of `add`. `is_folder` as on disk.
bool is_ignored(Repository& repository, std::string_view path, bool is_folder);

enum class UntrackedMode {
  none,
  normal,  ///< a wholly untracked folder is one entry that ends in "/"
  all,     ///< every file
};

struct WalkOptions {
  PathSet paths;
  UntrackedMode mode = UntrackedMode::all;
  bool include_ignored = false;
};

/// Files and symlinks of the work tree that `index` does not have, in order of path. Other
/// repositories inside it are one entry that ends in "/". Reads no file contents.
std::vector<std::string> find_untracked(Repository& repository, const Index& index,
                                        const WalkOptions& options,
                                        const StopToken& stop = never_stopped());

/// Folders between the work tree and `path`'s file are made where missing and proven to be real
/// folders, not symlinks. Returns the file's full path. Throws Error: corrupt for an unsafe path,
/// conflict if something that is no folder is in the way, io. Call it before anything that comes
/// from a tree is written.
std::filesystem::path prepare_parent(Repository& repository, std::string_view path,
                                     FileMode mode = FileMode::regular);
/// `path` below the work tree if all folders above it are real folders; nothing if one is missing,
/// is a symlink or no folder. Makes nothing.
std::optional<std::filesystem::path> existing_path(Repository& repository, std::string_view path);

/// Writes a blob as working file, atomically: content (line ends converted where the attributes say
/// so), executable bit, or a symlink. Returns what stat says of it, backdated (see backdate()).
FileStat write_working_file(Repository& repository, const PathEntry& entry, ByteView content);
/// Removes a file, then each folder above it that is empty. False if there was none.
bool remove_working_file(Repository& repository, std::string_view path);

}  // namespace mhub::repo
