#include <array>

#include <sys/stat.h>
#include <unistd.h>

#include <mhub/repo/status.hpp>

#include "handle.hpp"
#include "line_ends.hpp"
#include "tree_join.hpp"
#include "work_compare.hpp"

namespace mhub::repo {

namespace {

/// Larger files are streamed into the repository.
constexpr std::uint64_t kReadWholeBytes = 1 << 20;

std::string read_link(const std::filesystem::path& path, std::uint64_t size_bytes) {
  constexpr std::uint64_t kLinkLimitBytes = 1 << 16;
  std::string target(static_cast<std::size_t>(std::min(size_bytes + 1, kLinkLimitBytes)), '\0');
  const ssize_t got = ::readlink(path.c_str(), target.data(), target.size());
  if (got < 0) throw system_error(errno, "read the symlink " + printable(path.string()));
  target.resize(static_cast<std::size_t>(got));
  return target;
}

std::uint64_t size_of_content(Repository& repository, FileMode mode, const ObjectId& id) {
  if (mode == FileMode::submodule || object_type(repository, id) != ObjectType::blob) return 0;
  return describe_blob(repository, id).size_bytes;
}

WorkChange to_change(Repository& repository, WorkCompare& compare, const IndexEntry& entry,
                     const WorkCompare::Result& result) {
  WorkChange change;
  change.path = entry.path;
  change.index_mode = entry.mode;
  change.index_id = entry.id;
  if (result.state == WorkCompare::State::missing) {
    change.kind = ChangeKind::deleted;
    change.is_large = is_file(entry.mode) && compare.is_large(entry.path);
  } else {
    change.work_mode = result.work_mode;
    change.size_bytes = result.stat ? result.stat->size_bytes : 0;
    change.is_large = result.is_large;
    if (entry.intent_to_add)
      change.kind = ChangeKind::added;
    else if (entry.mode != result.work_mode && !(is_file(entry.mode) && is_file(result.work_mode)))
      change.kind = ChangeKind::type_changed;
  }
  if (!entry.intent_to_add)
    change.old_size_bytes = size_of_content(repository, entry.mode, entry.id);
  return change;
}

}  // namespace

FileMode mode_of(Repository& repository, const FileStat& stat, FileMode old_mode) {
  if (stat.is_symlink()) return FileMode::symlink;
  if (!stat.is_regular()) return FileMode::none;
  const auto& settings = repository.handle().settings();
  if (!settings.symlinks && old_mode == FileMode::symlink) return FileMode::symlink;
  if (!settings.file_mode) return is_file(old_mode) ? old_mode : FileMode::regular;
  return (stat.mode & S_IXUSR) != 0 ? FileMode::executable : FileMode::regular;
}

ObjectId hash_working_file(Repository& repository, const std::string& path, const FileStat& stat,
                           bool write) {
  const std::filesystem::path file = repository.require_work_tree() / path;
  if (stat.is_symlink()) {
    const std::string target = read_link(file, stat.size_bytes);
    return write ? write_blob(repository, as_bytes(target)) : hash_blob(as_bytes(target));
  }
  git_oid oid;
  const std::string doing = "hash " + printable(file.string());
  if (write && stat.size_bytes <= kReadWholeBytes) {
    constexpr std::uint64_t kGrowthLimitBytes = 16 * kReadWholeBytes;  // it may grow meanwhile
    const Bytes content = read_file(real_file_system(), file, kGrowthLimitBytes);
    return write_blob(repository, converted(repository, path, content, GIT_FILTER_TO_ODB));
  }
  if (write) {
    check(git_blob_create_from_workdir(&oid, git_of(repository), c_text(path)), doing);
  } else if (!is_converted(repository, path)) {
    check(git_odb_hashfile(&oid, c_text(file.string()), GIT_OBJECT_BLOB), doing);
  } else {
    check(git_repository_hashfile(&oid, git_of(repository), c_text(file.string()), GIT_OBJECT_BLOB,
                                  path.c_str()),
          doing);
  }
  return from_oid(oid);
}

std::vector<TreeChange> diff_tree_to_index(Repository& repository,
                                           const std::optional<ObjectId>& tree, const Index& index,
                                           const DiffOptions& options) {
  std::vector<PathEntry> old_entries;
  if (tree) old_entries = list_tree(repository, *tree);
  std::vector<TreeChange> changes;
  auto old_entry = old_entries.begin();
  const auto report = [&](const PathEntry* from, const IndexEntry* to) {
    const std::string& path = from != nullptr ? from->path : to->path;
    if (!options.paths.contains(path)) return;
    changes.push_back(make_change(path, from != nullptr ? from->mode : FileMode::none,
                                  from != nullptr ? from->id : ObjectId{},
                                  to != nullptr ? to->mode : FileMode::none,
                                  to != nullptr ? to->id : ObjectId{}));
  };
  index.for_each([&](const IndexEntry& entry) {
    while (old_entry != old_entries.end() && old_entry->path < entry.path) {
      report(&*old_entry++, nullptr);
    }
    const bool in_tree = old_entry != old_entries.end() && old_entry->path == entry.path;
    if (entry.stage != 0) {  // a conflict is reported as such; its other stages follow
      if (in_tree) ++old_entry;
      return;
    }
    if (entry.intent_to_add) return;
    if (!in_tree)
      report(nullptr, &entry);
    else if (old_entry->mode != entry.mode || old_entry->id != entry.id)
      report(&*old_entry, &entry);
    if (in_tree) ++old_entry;
  });
  while (old_entry != old_entries.end()) report(&*old_entry++, nullptr);
  if (options.detect_renames) pair_renames(changes);
  return changes;
}

Status read_status(Repository& repository, const StatusOptions& options,
                   const CleanLargeFile& clean, const StopToken& stop) {
  repository.require_work_tree();
  const Index index = Index::read(repository);
  Status status;
  if (options.staged) {
    status.staged = diff_tree_to_index(repository, head_tree(repository), index,
                                       {options.paths, options.detect_renames});
  }
  for (IndexConflict& conflict : index.conflicts()) {
    if (options.paths.contains(conflict.path)) status.conflicts.push_back(std::move(conflict));
  }
  if (options.unstaged) {
    WorkCompare compare(repository, index, clean);
    index.for_each([&](const IndexEntry& entry) {
      if (entry.stage != 0 || !options.paths.contains(entry.path)) return;
      stop.check();
      const WorkCompare::Result result = compare.compare(entry);
      switch (result.state) {
        case WorkCompare::State::unchanged:
          break;
        case WorkCompare::State::same:
          status.refreshed.push_back({entry, *result.stat, result.is_large});
          break;
        case WorkCompare::State::missing:
        case WorkCompare::State::different:
          status.unstaged.push_back(to_change(repository, compare, entry, result));
          break;
      }
    });
  }
  status.untracked =
      find_untracked(repository, index, {options.paths, options.untracked, false}, stop);
  return status;
}

void write_refreshed(Repository& repository, const Status& status) {
  if (status.refreshed.empty()) return;
  try {
    Index index = Index::lock(repository, std::chrono::milliseconds(0));
    for (const Refreshed& file : status.refreshed) {
      const auto now = index.find(file.entry.path);
      if (!now || now->id != file.entry.id || now->mode != file.entry.mode) continue;
      if (file.is_large)
        index.set_large_file(file.entry.path, now->mode, now->id, file.stat);
      else
        index.set_file(file.entry.path, now->mode, now->id, file.stat);
    }
    index.write(false);
  } catch (const Error& error) {
    // Only a saving for later; a lock that is taken or a disk that is full must not fail a status.
    if (error.kind() != ErrorKind::busy && error.kind() != ErrorKind::io &&
        error.kind() != ErrorKind::not_found)
      throw;
  }
}

}  // namespace mhub::repo
