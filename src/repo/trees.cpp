// Trees: reading, walking, editing, comparing.

#include <algorithm>
#include <map>
#include <unordered_map>

#include <mhub/repo/objects.hpp>

#include "handle.hpp"
#include "tree_join.hpp"

namespace mhub::repo {

namespace {

/// Folders nested deeper than this are an attack, not a project.
constexpr int kTreeDepthLimit = 256;
/// Entries, folders among them, that one walk visits. A few small trees that hold each other many
/// times unfold into more paths than any machine can list.
constexpr std::size_t kTreeEntryLimit = 10'000'000;

FileMode mode_from_git(git_filemode_t mode) {
  switch (mode) {
    case GIT_FILEMODE_TREE:
      return FileMode::tree;
    case GIT_FILEMODE_BLOB:
      return FileMode::regular;
    case GIT_FILEMODE_BLOB_EXECUTABLE:
      return FileMode::executable;
    case GIT_FILEMODE_LINK:
      return FileMode::symlink;
    case GIT_FILEMODE_COMMIT:
      return FileMode::submodule;
    case GIT_FILEMODE_UNREADABLE:
      break;
  }
  return FileMode::none;
}

GitTree lookup_tree(Repository& repository, const ObjectId& id) {
  const git_oid oid = to_oid(id);
  git_tree* raw = nullptr;
  const int result = git_tree_lookup(&raw, git_of(repository), &oid);
  if (result == GIT_ENOTFOUND)
    throw Error(ErrorKind::not_found, "tree {} does not exist", id.hex());
  check(result, "read tree " + id.hex());
  return GitTree(raw);
}

TreeEntry to_entry(const git_tree_entry* entry) {
  return {git_tree_entry_name(entry), mode_from_git(git_tree_entry_filemode(entry)),
          from_oid(*git_tree_entry_id(entry))};
}

void count_entries(std::size_t& visited, std::size_t more) {
  visited += more;
  if (visited > kTreeEntryLimit)
    throw Error(ErrorKind::corrupt, "a tree unfolds into more than {} paths", kTreeEntryLimit);
}

void walk(Repository& repository, const ObjectId& id, std::string& path, int depth,
          std::size_t& visited, const std::function<void(const PathEntry&)>& visit) {
  if (depth > kTreeDepthLimit)
    throw Error(ErrorKind::corrupt, "tree {} is nested too deeply", id.hex());
  const GitTree tree = lookup_tree(repository, id);
  const std::size_t length = path.size();
  const std::size_t count = git_tree_entrycount(tree.get());
  count_entries(visited, count);
  for (std::size_t i = 0; i < count; ++i) {
    TreeEntry entry = to_entry(git_tree_entry_byindex(tree.get(), i));
    path += entry.name;
    if (entry.mode == FileMode::tree) {
      path += '/';
      walk(repository, entry.id, path, depth + 1, visited, visit);
    } else {
      visit({path, entry.mode, entry.id});
    }
    path.resize(length);
  }
}

/// Order of entries inside one tree: a folder sorts as if its name ended in "/".
bool tree_order(const TreeEntry& a, const TreeEntry& b) {
  const std::size_t common = std::min(a.name.size(), b.name.size());
  const int order = std::char_traits<char>::compare(a.name.data(), b.name.data(), common);
  if (order != 0) return order < 0;
  const auto next = [&](const TreeEntry& entry) {
    if (entry.name.size() > common) return static_cast<unsigned char>(entry.name[common]);
    return static_cast<unsigned char>(entry.mode == FileMode::tree ? '/' : '\0');
  };
  return next(a) < next(b);
}

class TreeDiff {
public:
  TreeDiff(Repository& repository, const DiffOptions& options)
      : repository_(repository), options_(options) {}

  void compare(const std::optional<ObjectId>& from, const std::optional<ObjectId>& to,
               const std::string& prefix, int depth) {
    if (from == to) return;
    if (depth > kTreeDepthLimit)
      throw Error(ErrorKind::corrupt, "a tree is nested too deeply below {}", printable(prefix));
    const auto old_entries = from ? read_tree(repository_, *from) : std::vector<TreeEntry>();
    const auto new_entries = to ? read_tree(repository_, *to) : std::vector<TreeEntry>();
    count_entries(visited_, old_entries.size() + new_entries.size());
    auto a = old_entries.begin();
    auto b = new_entries.begin();
    while (a != old_entries.end() || b != new_entries.end()) {
      if (b == new_entries.end() || (a != old_entries.end() && tree_order(*a, *b))) {
        one(&*a++, nullptr, prefix, depth);
      } else if (a == old_entries.end() || tree_order(*b, *a)) {
        one(nullptr, &*b++, prefix, depth);
      } else {
        one(&*a++, &*b++, prefix, depth);
      }
    }
  }

  std::vector<TreeChange> take() { return std::move(changes_); }

private:
  /// The same name on both sides, or one of them null.
  void one(const TreeEntry* old_entry, const TreeEntry* new_entry, const std::string& prefix,
           int depth) {
    if (old_entry != nullptr && new_entry != nullptr && old_entry->id == new_entry->id &&
        old_entry->mode == new_entry->mode)
      return;
    const TreeEntry& any = old_entry != nullptr ? *old_entry : *new_entry;
    const std::string path = prefix + any.name;
    if (any.mode == FileMode::tree) {  // equal order makes both sides trees
      if (!options_.paths.reaches_into(path)) return;
      compare(old_entry != nullptr ? std::optional(old_entry->id) : std::nullopt,
              new_entry != nullptr ? std::optional(new_entry->id) : std::nullopt, path + "/",
              depth + 1);
      return;
    }
    if (!options_.paths.contains(path)) return;
    changes_.push_back(make_change(path, old_entry != nullptr ? old_entry->mode : FileMode::none,
                                   old_entry != nullptr ? old_entry->id : ObjectId{},
                                   new_entry != nullptr ? new_entry->mode : FileMode::none,
                                   new_entry != nullptr ? new_entry->id : ObjectId{}));
  }

  Repository& repository_;
  const DiffOptions& options_;
  std::size_t visited_ = 0;
  std::vector<TreeChange> changes_;
};

}  // namespace

ObjectId empty_tree(Repository& repository) {
  git_oid oid;
  check(git_odb_write(&oid, writable_odb_of(repository), "", 0, GIT_OBJECT_TREE),
        "write the empty tree");
  return from_oid(oid);
}

std::vector<TreeEntry> read_tree(Repository& repository, const ObjectId& id) {
  const GitTree tree = lookup_tree(repository, id);
  std::vector<TreeEntry> entries;
  const std::size_t count = git_tree_entrycount(tree.get());
  entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    entries.push_back(to_entry(git_tree_entry_byindex(tree.get(), i)));
  }
  return entries;
}

std::optional<PathEntry> find_in_tree(Repository& repository, const ObjectId& id,
                                      std::string_view path) {
  const GitTree tree = lookup_tree(repository, id);
  const std::string text(path);
  git_tree_entry* raw = nullptr;
  const int result = git_tree_entry_bypath(&raw, tree.get(), c_text(text));
  if (result == GIT_ENOTFOUND) return std::nullopt;
  check(result, "look for " + printable(path) + " in tree " + id.hex());
  const GitTreeEntry entry(raw);
  return PathEntry{text, mode_from_git(git_tree_entry_filemode(raw)),
                   from_oid(*git_tree_entry_id(raw))};
}

void walk_tree(Repository& repository, const ObjectId& tree,
               const std::function<void(const PathEntry&)>& visit) {
  std::string path;
  std::size_t visited = 0;
  walk(repository, tree, path, 0, visited, visit);
}

std::vector<PathEntry> list_tree(Repository& repository, const ObjectId& tree) {
  std::vector<PathEntry> entries;
  walk_tree(repository, tree, [&](const PathEntry& entry) { entries.push_back(entry); });
  return entries;
}

namespace {

using EditMap = std::map<std::string_view, const TreeEdit*>;

ObjectId write_tree_object(Repository& repository, std::vector<TreeEntry> entries) {
  std::sort(entries.begin(), entries.end(), tree_order);
  Bytes raw;
  for (const TreeEntry& entry : entries) {
    append(raw,
           as_bytes(fmt::format("{:o} {}", static_cast<std::uint32_t>(entry.mode), entry.name)));
    raw.push_back(std::byte{0});
    append(raw, entry.id.bytes);
  }
  git_oid oid;
  check(git_odb_write(&oid, writable_odb_of(repository), raw.data(), raw.size(), GIT_OBJECT_TREE),
        "write a tree");
  return from_oid(oid);
}

/// The tree that `base` becomes by `edits`, whose paths are relative to it; nothing if it is empty.
std::optional<ObjectId> edit_level(Repository& repository, const std::optional<ObjectId>& base,
                                   const EditMap& edits) {
  std::map<std::string, TreeEntry> entries;
  if (base) {
    for (TreeEntry& entry : read_tree(repository, *base)) {
      std::string name = entry.name;
      entries.emplace(std::move(name), std::move(entry));
    }
  }
  std::map<std::string_view, EditMap> folders;
  for (const auto& [path, edit] : edits) {
    const std::size_t slash = path.find('/');
    if (slash != std::string_view::npos) {
      folders[path.substr(0, slash)].emplace(path.substr(slash + 1), edit);
      continue;
    }
    const std::string name(path);
    if (edit->mode == FileMode::none)
      entries.erase(name);
    else
      entries[name] = {name, edit->mode, edit->id};
  }
  for (const auto& [folder, inner] : folders) {
    const std::string name(folder);
    const auto existing = entries.find(name);
    std::optional<ObjectId> old;
    if (existing != entries.end() && existing->second.mode == FileMode::tree)
      old = existing->second.id;
    const bool only_removals = std::all_of(inner.begin(), inner.end(), [](const auto& edit) {
      return edit.second->mode == FileMode::none;
    });
    if (!old && only_removals) continue;
    if (const auto tree = edit_level(repository, old, inner))
      entries[name] = {name, FileMode::tree, *tree};
    else
      entries.erase(name);
  }
  if (entries.empty()) return std::nullopt;
  std::vector<TreeEntry> list;
  for (auto& [name, entry] : entries) list.push_back(std::move(entry));
  return write_tree_object(repository, std::move(list));
}

}  // namespace

ObjectId edit_tree(Repository& repository, const std::optional<ObjectId>& base,
                   const std::vector<TreeEdit>& edits) {
  EditMap by_path;
  for (const TreeEdit& edit : edits) by_path[edit.path] = &edit;
  const auto tree = edit_level(repository, base, by_path);
  return tree ? *tree : empty_tree(repository);
}

char letter_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::added:
      return 'A';
    case ChangeKind::deleted:
      return 'D';
    case ChangeKind::modified:
      return 'M';
    case ChangeKind::type_changed:
      return 'T';
    case ChangeKind::renamed:
      return 'R';
  }
  return '?';
}

TreeChange make_change(std::string path, FileMode old_mode, const ObjectId& old_id,
                       FileMode new_mode, const ObjectId& new_id) {
  ChangeKind kind = ChangeKind::modified;
  if (old_mode == FileMode::none)
    kind = ChangeKind::added;
  else if (new_mode == FileMode::none)
    kind = ChangeKind::deleted;
  else if (old_mode != new_mode && !(is_file(old_mode) && is_file(new_mode)))
    kind = ChangeKind::type_changed;
  std::string old_path = path;
  return {kind, std::move(path), std::move(old_path), old_mode, new_mode, old_id, new_id};
}

void pair_renames(std::vector<TreeChange>& changes) {
  std::unordered_multimap<ObjectId, std::size_t> deleted;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].kind == ChangeKind::deleted && is_file(changes[i].old_mode))
      deleted.emplace(changes[i].old_id, i);
  }
  if (deleted.empty()) return;
  std::vector<bool> gone(changes.size(), false);
  for (TreeChange& change : changes) {
    if (change.kind != ChangeKind::added || !is_file(change.new_mode)) continue;
    const auto found = deleted.find(change.new_id);
    if (found == deleted.end()) continue;
    const TreeChange& old = changes[found->second];
    change.kind = ChangeKind::renamed;
    change.old_path = old.path;
    change.old_mode = old.old_mode;
    change.old_id = old.old_id;
    gone[found->second] = true;
    deleted.erase(found);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (!gone[i]) {
      if (kept != i) changes[kept] = std::move(changes[i]);
      ++kept;
    }
  }
  changes.resize(kept);
}

std::vector<TreeChange> diff_trees(Repository& repository, const std::optional<ObjectId>& from,
                                   const std::optional<ObjectId>& to, const DiffOptions& options) {
  TreeDiff diff(repository, options);
  diff.compare(from, to, {}, 0);
  std::vector<TreeChange> changes = diff.take();
  if (options.detect_renames) pair_renames(changes);
  return changes;
}

}  // namespace mhub::repo
