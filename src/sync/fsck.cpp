#include <algorithm>
#include <unordered_set>

#include <mhub/repo/attributes.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/pointers.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/upkeep.hpp>

#include "clean.hpp"
#include "history.hpp"
#include "hub_link.hpp"
#include "remote_source.hpp"

namespace mhub::sync {

namespace {

/// True if every chunk of the file is in a local xorb or in one some remote is known to hold.
bool chunks_can_be_had(store::Store& store, const store::FileRecord& record) {
  return std::all_of(record.terms.begin(), record.terms.end(), [&](const xet::Term& term) {
    return store.has_local_xorb(term.xorb) || store.any_remote_has_xorb(term.xorb);
  });
}

class Checker {
public:
  Checker(Workspace& workspace, const Connections& connections, const Tools& tools)
      : workspace_(workspace),
        repository_(workspace.repository()),
        store_(workspace.store()),
        tools_(tools),
        remotes_(remote_keys(repository_, connections)) {}

  void find_lost(FsckReport& report) {
    std::vector<Sha256> lost;
    std::unordered_set<Sha256> seen;
    repo::all_reachable_pointers(
        repository_,
        [&](const repo::FoundPointer& found) {
          if (seen.insert(found.pointer.sha256).second && !can_be_had(found.pointer))
            lost.push_back(found.pointer.sha256);
        },
        tools_.stop);
    if (!lost.empty()) {
      const std::unordered_set<Sha256> fetchable = reached_from_remotes();
      std::erase_if(lost, [&](const Sha256& sha256) { return fetchable.contains(sha256); });
    }
    report.lost = locate_in_history(workspace_, lost, tools_);
  }

  void check_index(FsckReport& report) {
    const repo::Index index = repo::Index::read(repository_);
    repo::Attributes attributes = repo::Attributes::of_work_tree(repository_);
    const auto root = workspace_.root();
    index.for_each([&](const repo::IndexEntry& entry) {
      if (entry.stage != 0 || !repo::is_file(entry.mode) || !attributes.is_large(entry.path))
        return;
      const auto pointer = repo::read_pointer(repository_, entry.id);
      if (!pointer) {
        if (repo::object_size(repository_, entry.id) != 0)
          report.bad_pointers.push_back(entry.path);
        return;
      }
      check_working_file(index, entry, root / entry.path, *pointer, report);
    });
    if (!report.bad_working_files.empty()) distrust(report.bad_working_files);
  }

private:
  /// Large files of commits that remotes have. A hub's ref never stands at a commit whose large
  /// files are not there, so these can be had, also where nothing was noted of them: a clone
  /// without data, one that was interrupted, a repository that git fetched, an index that was made
  /// anew.
  std::unordered_set<Sha256> reached_from_remotes() {
    std::vector<repo::ObjectId> tips;
    for (const repo::Ref& ref : repo::list_refs(repository_, "refs/remotes/")) {
      if (!ref.target.is_zero()) tips.push_back(ref.target);
    }
    std::unordered_set<Sha256> reached;
    for (const repo::FoundPointer& found :
         repo::pointers_in_range(repository_, tips, {}, tools_.stop)) {
      reached.insert(found.pointer.sha256);
    }
    return reached;
  }

  bool can_be_had(const wire::LfsPointer& pointer) {
    const auto on_remote = [&](const std::string& remote) {
      return store_.remote_has_file(remote, pointer.sha256);
    };
    if (std::any_of(remotes_.begin(), remotes_.end(), on_remote)) return true;
    if (const auto record = store_.find_file(pointer.sha256))
      return chunks_can_be_had(store_, *record);
    if (!store_.working_files_with(pointer.sha256).empty()) return true;
    const std::string oid = pointer.sha256.hex();
    return real_file_system()
        .stat(repository_.common_folder() / "lfs" / "objects" / oid.substr(0, 2) /
              oid.substr(2, 2) / oid)
        .has_value();
  }

  /// From now on git and mhub look at these files again, so that `restore` and `add` see what is
  /// wrong with them.
  void distrust(const std::vector<std::string>& paths) {
    try {
      repo::Index index = repo::Index::lock(repository_);
      for (const std::string& path : paths) {
        if (const auto entry = index.find(path)) index.set_unverified(path, entry->mode, entry->id);
      }
      index.write(false);
    } catch (const Error& error) {
      // A check must not fail for want of a right to write; the finding stands in the report.
      if (error.kind() != ErrorKind::busy && error.kind() != ErrorKind::io) throw;
      tools_.progress.note("the index could not be marked: " + error.message());
    }
  }

  /// A file that git and mhub take for unchanged by its stat data is read all the same.
  void check_working_file(const repo::Index& index, const repo::IndexEntry& entry,
                          const std::filesystem::path& path, const wire::LfsPointer& pointer,
                          FsckReport& report) {
    const auto stat = real_file_system().stat(path);
    if (!stat || !index.is_unchanged(entry, *stat)) return;
    if (pointer_in_work_tree(path, *stat) == pointer) return;
    ++report.working_files;
    report.working_bytes += stat->size_bytes;
    store_.forget_working_file(path);
    if (content_hash(store_, path, *stat, tools_) == pointer.sha256) return;
    store_.forget_working_file(path);
    report.bad_working_files.push_back(entry.path);
  }

  Workspace& workspace_;
  repo::Repository& repository_;
  store::Store& store_;
  const Tools& tools_;
  const std::vector<std::string> remotes_;
};

/// The store; with `repair`, one whose index cannot be opened gets a fresh one first.
store::Store& open_store(Workspace& workspace, bool repair, bool& rebuilt) {
  try {
    return workspace.store();
  } catch (const Error& error) {
    if (!repair || error.kind() != ErrorKind::corrupt) throw;
  }
  store::rebuild_index(workspace.store_folder(), real_file_system());
  rebuilt = true;
  return workspace.store();
}

}  // namespace

bool FsckReport::clean() const {
  return store.clean() && lost.empty() && bad_pointers.empty() && bad_working_files.empty();
}

FsckReport fsck(Workspace& workspace, const Connections& connections, bool repair,
                const Tools& tools) {
  bool rebuilt = false;
  store::Store& store = open_store(workspace, repair, rebuilt);
  FsckReport report;
  report.store = store::check(store, tools.progress, tools.stop);
  report.affected = locate_in_history(workspace, report.store.files_affected, tools);
  const bool damaged = !report.store.clean();
  if (repair && damaged) {
    RemoteSource source(workspace, connections, tools);
    report.store = store::repair(store, report.store, source, tools.progress, tools.stop);
  }
  report.repaired = repair && (rebuilt || damaged) && report.store.clean();
  Checker checker(workspace, connections, tools);
  // First, since it also finds again what working files hold.
  if (!workspace.repository().is_bare()) checker.check_index(report);
  checker.find_lost(report);
  return report;
}

}  // namespace mhub::sync
