// Collecting pointers. Trees are walked once each: a commit that changes one file shares all its
// other trees with its parent, so a long history costs little more than what changed in it.

#include <fstream>
#include <unordered_set>

#include <mhub/repo/objects.hpp>
#include <mhub/repo/pointers.hpp>
#include <mhub/repo/refs.hpp>

#include "git_folder_files.hpp"
#include "handle.hpp"
#include "index_file.hpp"
#include "rules_file.hpp"

namespace mhub::repo {

namespace {

namespace fs = std::filesystem;

using IdSet = std::unordered_set<ObjectId>;
using Visit = std::function<void(const FoundPointer&)>;
using VisitBlob = std::function<void(const ObjectId& blob, const std::string& path)>;

constexpr int kTreeDepthLimit = 256;

class Scan {
public:
  /// `visit` is called for each blob that is there, once.
  Scan(Repository& repository, VisitBlob visit, const StopToken& stop)
      : repository_(repository), visit_(std::move(visit)), stop_(stop) {}

  /// Takes all of `tree` as seen, and visits nothing.
  void exclude_tree(const ObjectId& tree) {
    std::string path;
    walk(tree, path, 0, false);
  }

  void tree(const ObjectId& tree) {
    std::string path;
    walk(tree, path, 0, true);
  }

  void blob(const ObjectId& id, const std::string& path) {
    if (!blobs_.insert(id).second) return;
    // A missing blob (of a partial clone) could be a pointer: what it needs is then not known.
    if (!object_type(repository_, id))
      throw Error(ErrorKind::corrupt, "blob {} ({}) is missing from the repository", id.hex(),
                  printable(path));
    visit_(id, path);
  }

  /// Whatever `id` is, and all that it leads to: for commits all ancestors that were not seen yet.
  /// `parents_end`: commits whose parents are known to be missing (a shallow clone).
  void all_from(const ObjectId& id, const IdSet& parents_end) {
    std::vector<ObjectId> left{id};
    while (!left.empty()) {
      const ObjectId next = left.back();
      left.pop_back();
      if (objects_.contains(next)) continue;
      stop_.check();
      const auto type = object_type(repository_, next);
      if (!type)
        throw Error(ErrorKind::corrupt, "object {} is missing from the repository", next.hex());
      switch (*type) {
        case ObjectType::commit: {
          const Commit commit = read_commit(repository_, next);
          tree(commit.tree);
          if (!parents_end.contains(next))
            left.insert(left.end(), commit.parents.begin(), commit.parents.end());
          break;
        }
        case ObjectType::tag:
          if (const auto tag = read_tag(repository_, next)) left.push_back(tag->target);
          break;
        case ObjectType::tree:
          tree(next);
          break;
        case ObjectType::blob:
          blob(next, {});
          break;
      }
      // Only now: what could not be read to its end is tried again from another root.
      objects_.insert(next);
    }
  }

private:
  void walk(const ObjectId& id, std::string& path, int depth, bool visiting) {
    if (trees_.contains(id)) return;
    stop_.check();
    if (depth > kTreeDepthLimit)
      throw Error(ErrorKind::corrupt, "tree {} is nested too deeply", id.hex());
    const git_oid oid = to_oid(id);
    git_tree* raw = nullptr;
    const int result = git_tree_lookup(&raw, git_of(repository_), &oid);
    if (result == GIT_ENOTFOUND)
      throw Error(ErrorKind::corrupt, "tree {} is missing from the repository", id.hex());
    check(result, "read tree " + id.hex());
    const GitTree tree(raw);
    const std::size_t length = path.size();
    const std::size_t count = git_tree_entrycount(raw);
    for (std::size_t i = 0; i < count; ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(raw, i);
      const ObjectId child = from_oid(*git_tree_entry_id(entry));
      switch (git_tree_entry_filemode(entry)) {
        case GIT_FILEMODE_TREE:
          path += git_tree_entry_name(entry);
          path += '/';
          walk(child, path, depth + 1, visiting);
          break;
        case GIT_FILEMODE_BLOB:
        case GIT_FILEMODE_BLOB_EXECUTABLE:
          if (!visiting) {
            blobs_.insert(child);
          } else if (!blobs_.contains(child)) {
            path += git_tree_entry_name(entry);
            blob(child, path);
          }
          break;
        case GIT_FILEMODE_LINK:
        case GIT_FILEMODE_COMMIT:
        case GIT_FILEMODE_UNREADABLE:
          break;
      }
      path.resize(length);
    }
    trees_.insert(id);
  }

  Repository& repository_;
  VisitBlob visit_;
  const StopToken& stop_;
  IdSet trees_, blobs_, objects_;
};

/// Passes on the blobs that are pointers.
VisitBlob only_pointers(Repository& repository, Visit visit) {
  return [&repository, visit = std::move(visit)](const ObjectId& id, const std::string& path) {
    if (const auto pointer = read_pointer(repository, id)) visit({*pointer, id, path});
  };
}

/// Scans what `tips` reach and `excluded` do not.
void scan_range(Repository& repository, const std::vector<ObjectId>& tips,
                const std::vector<ObjectId>& excluded, VisitBlob visit, const StopToken& stop) {
  Scan scan(repository, std::move(visit), stop);
  LogOptions options;
  for (const ObjectId& id : excluded) {
    if (!object_type(repository, id)) continue;
    if (const auto commit = peel_to_commit(repository, id)) options.hidden.push_back(*commit);
    if (const auto tree = peel_to_tree(repository, id)) scan.exclude_tree(*tree);
  }
  for (const ObjectId& id : tips) {
    if (const auto commit = peel_to_commit(repository, id))
      options.tips.push_back(*commit);
    else if (const auto tree = peel_to_tree(repository, id))
      scan.tree(*tree);
  }
  if (options.tips.empty()) return;
  walk_log(
      repository, options,
      [&](const Commit& commit) {
        scan.tree(commit.tree);
        return true;
      },
      stop);
}

std::string read_small(const fs::path& file) {
  return read_rules_file(file, true).value_or("");
}

std::vector<std::string> names_in(const fs::path& folder) {
  FileSystem& disk = real_file_system();
  return disk.stat(folder) ? disk.list(folder) : std::vector<std::string>();
}

/// Both ids of each line of a reflog, however long it is.
void add_reflog_ids(const fs::path& file, IdSet& ids) {
  std::ifstream in(file, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    const std::string_view text = line;
    if (text.size() < 81) continue;
    for (const std::string_view hex : {text.substr(0, 40), text.substr(41, 40)}) {
      if (const auto id = ObjectId::parse(hex); id && !id->is_zero()) ids.insert(*id);
    }
  }
}

template <class Visitor>
void for_each_file(const fs::path& folder, Visitor visit) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return;
  fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (it->is_regular_file(error)) visit(it->path());
  }
  if (error) throw system_error(error.value(), "list folder " + printable(folder.string()));
}

/// The git folders of all work trees, the main one first.
std::vector<fs::path> all_git_folders(Repository& repository) {
  std::vector<fs::path> folders{repository.common_folder()};
  const fs::path others = repository.common_folder() / "worktrees";
  for (const std::string& name : names_in(others)) folders.push_back(others / name);
  return folders;
}

/// Roots beside the references: `strong` ones must be there, `weak` ones may be gone already.
struct Roots {
  IdSet strong;
  IdSet weak;
};

void add_roots_of_git_folder(const fs::path& folder, Roots& roots) {
  for (const std::string& name : names_in(folder)) {
    // HEAD, ORIG_HEAD, FETCH_HEAD, MERGE_HEAD, CHERRY_PICK_HEAD, …
    if (name != "HEAD" && !name.ends_with("_HEAD") && name != "AUTO_MERGE") continue;
    for (const ObjectId& id : ids_at_line_starts(read_small(folder / name))) {
      (name == "HEAD" ? roots.strong : roots.weak).insert(id);
    }
  }
  for (const char* state : {"rebase-merge", "rebase-apply", "sequencer"}) {
    for_each_file(folder / state, [&](const fs::path& file) {
      for (const ObjectId& id : ids_at_line_starts(read_small(file))) roots.weak.insert(id);
    });
  }
  // References of this work tree alone (refs/bisect, refs/worktree); for the main one all loose
  // ones.
  for_each_file(folder / "refs", [&](const fs::path& file) {
    for (const ObjectId& id : ids_at_line_starts(read_small(file))) roots.strong.insert(id);
  });
  for_each_file(folder / "logs", [&](const fs::path& file) { add_reflog_ids(file, roots.weak); });
}

void scan_index_file(const fs::path& file, Scan& scan) {
  std::error_code error;
  if (!fs::exists(file, error)) return;
  const GitIndex index = open_index_file(file);
  const std::size_t count = git_index_entrycount(index.get());
  for (std::size_t i = 0; i < count; ++i) {
    const git_index_entry* entry = git_index_get_byindex(index.get(), i);
    // `git add -N` makes an entry whose blob need not exist.
    if ((entry->flags_extended & GIT_INDEX_ENTRY_INTENT_TO_ADD) != 0) continue;
    if (is_file(static_cast<FileMode>(entry->mode))) scan.blob(from_oid(entry->id), entry->path);
  }
}

}  // namespace

std::vector<ObjectId> ids_at_line_starts(std::string_view text) {
  std::vector<ObjectId> ids;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.size() > 40 && line[40] != ' ' && line[40] != '\t' && line[40] != '\r') continue;
    if (const auto id = ObjectId::parse(line.substr(0, 40)); id && !id->is_zero())
      ids.push_back(*id);
  }
  return ids;
}

std::vector<FoundPointer> pointers_in_range(Repository& repository,
                                            const std::vector<ObjectId>& tips,
                                            const std::vector<ObjectId>& excluded,
                                            const StopToken& stop) {
  std::vector<FoundPointer> found;
  const auto visit = [&](const FoundPointer& pointer) { found.push_back(pointer); };
  scan_range(repository, tips, excluded, only_pointers(repository, visit), stop);
  return found;
}

RangeFiles files_in_range(Repository& repository, const std::vector<ObjectId>& tips,
                          const std::vector<ObjectId>& excluded, std::uint64_t above_bytes,
                          const StopToken& stop) {
  RangeFiles found;
  const auto visit = [&](const ObjectId& id, const std::string& path) {
    const std::uint64_t size = object_size(repository, id);
    if (size > above_bytes) found.large_blobs.push_back({id, size, path});
    if (const auto pointer = read_pointer(repository, id))
      found.pointers.push_back({*pointer, id, path});
  };
  scan_range(repository, tips, excluded, visit, stop);
  return found;
}

void all_reachable_pointers(Repository& repository, const Visit& visit, const StopToken& stop) {
  Scan scan(repository, only_pointers(repository, visit), stop);
  Roots roots;
  for (const Ref& ref : list_refs(repository, "")) {
    if (!ref.target.is_zero()) roots.strong.insert(ref.target);
  }
  const std::vector<fs::path> folders = all_git_folders(repository);
  for (const fs::path& folder : folders) {
    add_roots_of_git_folder(folder, roots);
    scan_index_file(folder / "index", scan);
  }
  IdSet shallow;
  for (const ObjectId& id :
       ids_at_line_starts(read_small(repository.common_folder() / "shallow"))) {
    shallow.insert(id);
  }
  for (const ObjectId& id : roots.strong) scan.all_from(id, shallow);
  for (const ObjectId& id : roots.weak) {
    try {
      scan.all_from(id, shallow);
    } catch (const Error& error) {
      // git's own pruning may have taken what only a reflog still names, or a part of it.
      if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::not_found) throw;
    }
  }
}

}  // namespace mhub::repo
