#include "hf/tree_plan.hpp"

#include <algorithm>

#include <mhub/repo/work_tree.hpp>

#include "http/message.hpp"

namespace mhub::serve {

namespace {

/// Far from the depth at which walks of a tree give up.
constexpr auto kFoldersDeep = 64;

[[noreturn]] void refuse_missing(const std::string& path) {
  throw Refused(404, "EntryNotFound", "A file with this name doesn't exist: " + printable(path));
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

void require_path(std::string_view path) {
  const bool has_controls = std::any_of(path.begin(), path.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (has_controls || !repo::is_safe_tree_path(path) ||
      std::count(path.begin(), path.end(), '/') > kFoldersDeep)
    throw Refused(422, "the path " + printable(path.substr(0, 200)) + " is not allowed");
}

bool TreePlan::is_removed(std::string_view path) const {
  if (removed_.empty()) return false;
  for (auto slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    if (removed_.contains(path.substr(0, slash))) return true;
  }
  return removed_.contains(path);
}

const TreePlan::Folder* TreePlan::base_folder(const std::string& path) {
  const auto known = folders_.find(path);
  if (known != folders_.end()) return known->second ? &*known->second : nullptr;
  std::optional<repo::ObjectId> tree;
  if (path.empty()) {
    tree = base_;
  } else if (const repo::TreeEntry* entry = base_entry(path);
             entry != nullptr && entry->mode == repo::FileMode::tree) {
    tree = entry->id;
  }
  std::optional<Folder>& folder = folders_[path];
  if (!tree) return nullptr;
  folder.emplace();
  for (repo::TreeEntry& entry : repo::read_tree(repository_, *tree)) {
    std::string name = entry.name;
    folder->emplace(std::move(name), std::move(entry));
  }
  return &*folder;
}

const repo::TreeEntry* TreePlan::base_entry(const std::string& path) {
  const Folder* folder = base_folder(parent_of(path));
  if (folder == nullptr) return nullptr;
  const auto found = folder->find(name_of(path));
  return found == folder->end() ? nullptr : &found->second;
}

const repo::TreeEntry* TreePlan::kept_entry(const std::string& path) {
  return is_removed(path) ? nullptr : base_entry(path);
}

bool TreePlan::has_puts_below(const std::string& path) const {
  const std::string prefix = path + "/";
  const auto next = puts_.lower_bound(prefix);
  return next != puts_.end() && next->first.starts_with(prefix);
}

bool TreePlan::has_kept_files(const std::string& folder) {
  const Folder* entries = base_folder(folder);
  if (entries == nullptr) return false;
  for (const auto& [name, entry] : *entries) {
    const std::string path = folder + "/" + name;
    if (removed_.contains(path)) continue;
    if (entry.mode != repo::FileMode::tree || has_kept_files(path)) return true;
  }
  return false;
}

std::optional<TreePlan::File> TreePlan::find(const std::string& path) {
  if (const auto put = puts_.find(path); put != puts_.end()) return put->second;
  const repo::TreeEntry* entry = kept_entry(path);
  if (entry == nullptr || entry->mode == repo::FileMode::tree) return std::nullopt;
  return File{entry->mode, entry->id};
}

std::optional<std::string> TreePlan::text(const std::string& path, std::uint64_t limit_bytes) {
  const auto file = find(path);
  if (!file || !repo::is_file(file->mode)) return std::nullopt;
  if (repo::object_size(repository_, file->id) > limit_bytes) return std::nullopt;
  return std::string(as_text(repo::read_blob(repository_, file->id, limit_bytes)));
}

void TreePlan::put(const std::string& path, const repo::ObjectId& id) {
  const auto before = find(path);
  const bool runs = before && before->mode == repo::FileMode::executable;
  put(path, {runs ? repo::FileMode::executable : repo::FileMode::regular, id});
}

void TreePlan::put(const std::string& path, const File& file) {
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string above = path.substr(0, slash);
    if (find(above))
      throw Refused(
          422, printable(path) + " cannot lie below " + printable(above) + ", which is a file");
  }
  const repo::TreeEntry* entry = kept_entry(path);
  const bool is_folder =
      has_puts_below(path) ||
      (entry != nullptr && entry->mode == repo::FileMode::tree && has_kept_files(path));
  if (is_folder) throw Refused(422, printable(path) + " is a folder");
  puts_[path] = file;
}

void TreePlan::remove_file(const std::string& path) {
  if (!find(path)) refuse_missing(path);
  puts_.erase(path);
  if (kept_entry(path) != nullptr) removed_.insert(path);
}

void TreePlan::remove_folder(const std::string& path) {
  const std::string prefix = path + "/";
  const auto first = puts_.lower_bound(prefix);
  auto last = first;
  while (last != puts_.end() && last->first.starts_with(prefix)) ++last;
  const repo::TreeEntry* entry = kept_entry(path);
  const bool is_base = entry != nullptr && entry->mode == repo::FileMode::tree;
  if (first == last && !is_base) refuse_missing(path);
  puts_.erase(first, last);
  if (is_base) removed_.insert(path);
}

void TreePlan::remove(const std::string& path) {
  if (find(path))
    remove_file(path);
  else
    remove_folder(path);
}

repo::ObjectId TreePlan::write() {
  std::vector<repo::TreeEdit> edits;
  edits.reserve(removed_.size() + puts_.size());
  // Of two edits of one path the later one counts.
  for (const std::string& path : removed_) edits.push_back({path, repo::FileMode::none, {}});
  for (const auto& [path, file] : puts_) edits.push_back({path, file.mode, file.id});
  return repo::edit_tree(repository_, base_, edits);
}

}  // namespace mhub::serve
