#pragma once
// One repository's folder in the cache that Hugging Face's libraries share, laid out as they read
// it:
//
//   models--owner--name/blobs/<id>                 content, named by its hash
//                       refs/<revision>            the commit, without line feed
//                       snapshots/<commit>/<path>  relative link to ../../blobs/<id>
//                       .no_exist/<commit>/<path>  empty: known not to exist
//                       trees/<commit>.json        the commit's files
//   .locks/models--owner--name/<id>.lock           held while a blob is fetched (flock)
//
// A download on its way is blobs/<id>.mhub.incomplete, with a journal beside it: not the name that
// older clients continue from, since ours may have gaps.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/file_lock.hpp>
#include <mhub/base/progress.hpp>
#include <mhub/wire/hub_tree.hpp>
#include <mhub/wire/repo_name.hpp>

#include "content_id.hpp"

namespace mhub::sync {

/// Follows links.
bool is_there(const std::filesystem::path& path);

/// A lock as Python's filelock takes it: an exclusive flock on a file that others may write too and
/// that stays. Waits as long as it takes. Throws Error: io, interrupted.
FileLock lock_shared_file(const std::filesystem::path& path, const StopToken& stop);

/// `root`/`relative`, whose folders are made. `relative` must be safe (repo::is_safe_tree_path); a
/// link in place of one of its folders would lead out of `root` and is refused. Throws Error: io,
/// conflict.
std::filesystem::path make_place(const std::filesystem::path& root, std::string_view relative);

/// Replaces the file at `path` as a whole. Not durable: for what can be fetched or made again.
void put_text(const std::filesystem::path& path, std::string_view text);

/// Marks `folder`, which is made, as a cache for backup programs.
void tag_cache_folder(const std::filesystem::path& folder);

/// The listing of `commit` that `folder`/trees keeps. What cannot be read counts as not there.
std::optional<std::vector<wire::TreeEntry>> find_kept_tree(const std::filesystem::path& folder,
                                                           const std::string& commit);
/// Keeps no listing that is too long to be read again.
void keep_tree(const std::filesystem::path& folder, const std::string& commit,
               std::span<const wire::TreeEntry> entries);

/// Threads and processes may share a folder.
class HubCache {
public:
  /// Nothing is made before something is put.
  HubCache(std::filesystem::path root, const wire::RepoName& repo, bool use_symlinks = true);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path snapshot(const std::string& commit) const;
  std::filesystem::path blob(const ContentId& id) const;
  /// For PartialFile.
  std::filesystem::path partial(const ContentId& id) const;
  FileLock lock(const ContentId& id, const StopToken& stop) const;

  /// The commit that `revision` was last seen at.
  std::optional<std::string> find_ref(std::string_view revision) const;
  void put_ref(std::string_view revision, const std::string& commit);
  void note_absent(const std::string& commit, std::string_view path);

  /// The place of `path`, if something is there.
  std::optional<std::filesystem::path> find(const std::string& commit, std::string_view path) const;
  /// Makes `path` of `commit` show the blob; where links cannot be had, be it. With the blob's lock
  /// held.
  std::filesystem::path show(const std::string& commit, std::string_view path, const ContentId& id);

  /// Another commit whose snapshot has a file at `path`, the one downloaded last.
  std::optional<std::string> newest_other(const std::string& commit, std::string_view path) const;

private:
  std::string name_;
  std::filesystem::path root_;
  std::filesystem::path folder_;
  bool use_symlinks_;
};

}  // namespace mhub::sync
