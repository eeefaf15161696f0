#pragma once
// What a tree is to become, as the operations of a commit come one after the other: each sees what
// those before it did. Nothing is written before write(), and folders are read once, so that ten
// thousand operations in a folder of a hundred thousand files stay cheap.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include <mhub/repo/objects.hpp>

namespace mhub::serve {

/// Paths are valid (see require_path()). One thread; the repository outlives it. Functions throw
/// Refused for what cannot be done: 404 EntryNotFound, 422.
class TreePlan {
public:
  /// Without `base`: from an empty tree.
  TreePlan(repo::Repository& repository, const std::optional<repo::ObjectId>& base)
      : repository_(repository), base_(base) {}

  struct File {
    repo::FileMode mode = repo::FileMode::none;
    repo::ObjectId id;
  };
  /// What is no folder at `path`; nothing if there is none.
  std::optional<File> find(const std::string& path);
  /// The content of the ordinary file at `path`; nothing if it is missing or longer.
  std::optional<std::string> text(const std::string& path, std::uint64_t limit_bytes);

  /// Makes or replaces a file. One that is there keeps being executable. Refused where it would
  /// take the place of a folder or lie below a file.
  void put(const std::string& path, const repo::ObjectId& id);
  void put(const std::string& path, const File& file);
  void remove_file(const std::string& path);
  void remove_folder(const std::string& path);
  /// Whichever of the two is there.
  void remove(const std::string& path);

  repo::ObjectId write();

private:
  using Folder = std::unordered_map<std::string, repo::TreeEntry>;

  bool is_removed(std::string_view path) const;
  /// Of `base_`, whatever was removed since.
  const Folder* base_folder(const std::string& path);
  const repo::TreeEntry* base_entry(const std::string& path);
  /// Of `base_`, if it is still there.
  const repo::TreeEntry* kept_entry(const std::string& path);
  bool has_puts_below(const std::string& path) const;
  bool has_kept_files(const std::string& folder);

  repo::Repository& repository_;
  std::optional<repo::ObjectId> base_;
  std::unordered_map<std::string, std::optional<Folder>> folders_;  ///< of `base_`, as read
  std::map<std::string, File> puts_;
  std::set<std::string, std::less<>> removed_;  ///< files and whole folders of `base_`
};

/// Throws Refused 422 unless `path` may stand in a repository that people check out.
void require_path(std::string_view path);

}  // namespace mhub::serve
