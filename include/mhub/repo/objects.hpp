#pragma once
// Blobs, trees and commits: reading, writing, walking.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <mhub/base/bytes.hpp>
#include <mhub/base/progress.hpp>
#include <mhub/repo/object_id.hpp>
#include <mhub/repo/path_set.hpp>
#include <mhub/repo/repository.hpp>
#include <mhub/wire/lfs_pointer.hpp>

namespace mhub::repo {

// All functions throw Error: not_found for a missing object, corrupt for a damaged one or one of
// another type, io.

// --- any object ---

std::optional<ObjectType> object_type(Repository& repository, const ObjectId& id);
/// Size in bytes of the object's content, without reading it where the format allows.
std::uint64_t object_size(Repository& repository, const ObjectId& id);
/// `id`, or what a chain of annotated tags leads to, if that is a commit (a tree for peel_to_tree).
std::optional<ObjectId> peel_to_commit(Repository& repository, const ObjectId& id);
std::optional<ObjectId> peel_to_tree(Repository& repository, const ObjectId& id);

// --- blobs ---

/// The id that `content` has as a blob; nothing is written.
ObjectId hash_blob(ByteView content);
ObjectId write_blob(Repository& repository, ByteView content);
/// The canonical pointer's blob, written if it is not there yet.
ObjectId write_pointer(Repository& repository, const wire::LfsPointer& pointer);
/// Throws Error: corrupt if it is longer than `limit_bytes`.
Bytes read_blob(Repository& repository, const ObjectId& id, std::uint64_t limit_bytes);
/// As read_blob, without the copy: the bytes last as long as the call of `use`.
void use_blob(Repository& repository, const ObjectId& id, std::uint64_t limit_bytes,
              const std::function<void(ByteView)>& use);

/// What a blob stands for.
struct BlobContent {
  std::uint64_t size_bytes = 0;             ///< of the large file if it is a pointer, else the blob
  std::optional<wire::LfsPointer> pointer;  ///< set if the blob is a canonical pointer
};
BlobContent describe_blob(Repository& repository, const ObjectId& id);
/// The pointer that blob `id` is, if any. Nothing for a missing blob too.
std::optional<wire::LfsPointer> read_pointer(Repository& repository, const ObjectId& id);

// --- trees ---

struct TreeEntry {
  std::string name;
  FileMode mode = FileMode::none;
  ObjectId id;
};

/// The empty tree's id; written if it is not there yet.
ObjectId empty_tree(Repository& repository);
/// One level, in git's order.
std::vector<TreeEntry> read_tree(Repository& repository, const ObjectId& tree);
/// What lies at `path` ("a/b", not empty) below `tree`; a folder has mode tree.
std::optional<PathEntry> find_in_tree(Repository& repository, const ObjectId& tree,
                                      std::string_view path);
/// Calls `visit` for every file, symlink and submodule below `tree`, in index order (byte order of
/// full paths). Names are as stored: check is_safe_tree_path() before a path is used on disk.
/// Throws Error: corrupt for a tree that is nested too deeply or has more than ten million entries.
void walk_tree(Repository& repository, const ObjectId& tree,
               const std::function<void(const PathEntry&)>& visit);
std::vector<PathEntry> list_tree(Repository& repository, const ObjectId& tree);

/// One file to put or (mode none) to remove.
using TreeEdit = PathEntry;
/// Writes the tree that `base` (or the empty tree) becomes by `edits`; for changes that do not go
/// through an index.
ObjectId edit_tree(Repository& repository, const std::optional<ObjectId>& base,
                   const std::vector<TreeEdit>& edits);

// --- differences between trees ---

enum class ChangeKind { added, deleted, modified, type_changed, renamed };
/// git's letter: A D M T R.
char letter_of(ChangeKind kind);

struct TreeChange {
  ChangeKind kind = ChangeKind::modified;
  std::string path;      ///< the new path; the old one where there is no new one
  std::string old_path;  ///< differs from `path` only if renamed
  FileMode old_mode = FileMode::none;
  FileMode new_mode = FileMode::none;
  ObjectId old_id;  ///< zero if added
  ObjectId new_id;  ///< zero if deleted
};

struct DiffOptions {
  PathSet paths;
  bool detect_renames = false;  ///< exact renames: same blob and kind of file
};

/// Changes that lead from `from` to `to`, in order of path. Nothing stands for the empty tree.
std::vector<TreeChange> diff_trees(Repository& repository, const std::optional<ObjectId>& from,
                                   const std::optional<ObjectId>& to,
                                   const DiffOptions& options = {});

// --- commits ---

struct Commit {
  ObjectId id;
  ObjectId tree;
  std::vector<ObjectId> parents;
  Signature author;
  Signature committer;
  std::string message;
  /// First line of the message.
  std::string_view summary() const;
};

Commit read_commit(Repository& repository, const ObjectId& id);
std::optional<Commit> find_commit(Repository& repository, const ObjectId& id);
/// The tree of HEAD's commit; nothing if unborn.
std::optional<ObjectId> head_tree(Repository& repository);

struct NewCommit {
  ObjectId tree;
  std::vector<ObjectId> parents;
  Signature author;
  Signature committer;
  std::string message;  ///< used as it is; see clean_message()
};

/// Writes the commit object alone; no ref moves (Repository::move_head does that).
ObjectId write_commit(Repository& repository, const NewCommit& commit);
/// A message as `git commit -m` stores it: trailing blanks and empty lines at both ends removed,
/// one LF at the end; empty if nothing is left.
std::string clean_message(std::string_view message);
Signature signature_now(std::string name, std::string email);

// --- history ---

enum class LogOrder {
  /// As `git log`: of the commits one of whose children was shown, the newest. Reads no further
  /// than it shows, unless something is hidden. Where clocks were wrong, or branches grew within
  /// one second, a commit may stand before another of its children.
  time,
  topological,  ///< children before all their parents; reads everything first
  reverse,      ///< parents before all their children, by time; the same
};

struct LogOptions {
  std::vector<ObjectId> tips;    ///< commits to start from
  std::vector<ObjectId> hidden;  ///< these and their ancestors are left out
  LogOrder order = LogOrder::time;
  bool first_parent = false;
  std::vector<std::string> paths;    ///< only commits that change one of these; empty means all
  std::uint64_t limit = UINT64_MAX;  ///< the newest ones, in any order
};

/// Calls `visit` for each commit until it returns false. Throws Error: not_found, corrupt for a
/// commit that is not there, once the walk comes to it.
void walk_log(Repository& repository, const LogOptions& options,
              const std::function<bool(const Commit&)>& visit,
              const StopToken& stop = never_stopped());

std::optional<ObjectId> merge_base(Repository& repository, const ObjectId& a, const ObjectId& b);
/// True also if both are the same commit.
bool is_ancestor(Repository& repository, const ObjectId& ancestor, const ObjectId& descendant);

struct AheadBehind {
  std::size_t ahead = 0;
  std::size_t behind = 0;
};
AheadBehind ahead_behind(Repository& repository, const ObjectId& local, const ObjectId& upstream);

}  // namespace mhub::repo
