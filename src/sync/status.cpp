#include <mhub/repo/attributes.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/merge.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/repo/status.hpp>
#include <mhub/sync/status.hpp>

#include "change.hpp"
#include "clean.hpp"

namespace mhub::sync {

namespace {

void describe_head(repo::Repository& repository, StatusReport& report) {
  const repo::HeadState head = repository.head();
  report.branch = head.branch;
  if (head.commit) report.head = head.commit->hex();
  report.merging = repo::read_merge_state(repository).has_value();
  if (head.branch.empty()) return;
  const auto upstream = repo::upstream_of(repository, head.branch);
  if (!upstream || upstream->tracking_ref.empty()) return;
  report.upstream = repo::short_ref_name(upstream->tracking_ref);
  const auto tracked = repo::find_ref(repository, upstream->tracking_ref);
  if (!tracked || !head.commit) return;
  const auto distance = repo::ahead_behind(repository, *head.commit, tracked->target);
  report.ahead = distance.ahead;
  report.behind = distance.behind;
}

/// Calls `visit` with every large file of the index.
template <class Visit>
void for_each_pointer(repo::Repository& repository, Visit&& visit) {
  const repo::Index index = repo::Index::read(repository);
  repo::Attributes attributes = repo::Attributes::of_work_tree(repository);
  index.for_each([&](const repo::IndexEntry& entry) {
    if (entry.stage != 0 || !repo::is_file(entry.mode) || !attributes.is_large(entry.path)) return;
    if (const auto pointer = repo::read_pointer(repository, entry.id))
      visit(index, entry, *pointer);
  });
}

}  // namespace

StatusReport status(Workspace& workspace, const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  StatusReport report;
  describe_head(repository, report);
  repo::StatusOptions options;
  const repo::Status found =
      repo::read_status(repository, options, clean_by_store(workspace, tools), tools.stop);
  repo::write_refreshed(repository, found);

  repo::Attributes attributes = repo::Attributes::of_work_tree(repository);
  for (const repo::TreeChange& change : found.staged) {
    report.staged.push_back({change.path,
                             change.kind == repo::ChangeKind::renamed ? change.old_path : "",
                             to_change(change.kind), attributes.is_large(change.path)});
  }
  for (const repo::WorkChange& change : found.unstaged)
    report.unstaged.push_back({change.path, "", to_change(change.kind), change.is_large});
  report.untracked = found.untracked;
  for (const repo::IndexConflict& conflict : found.conflicts)
    report.unmerged.push_back(conflict.path);

  const auto root = workspace.root();
  for_each_pointer(repository, [&](const repo::Index&, const repo::IndexEntry& entry,
                                   const wire::LfsPointer& pointer) {
    // The index remembers the size of what was checked out; only files as small as a pointer are
    // looked at.
    if (entry.stat.size >= wire::kLfsPointerLimitBytes) return;
    const auto stat = real_file_system().stat(root / entry.path);
    if (stat && pointer_in_work_tree(root / entry.path, *stat) == pointer)
      report.not_present.push_back(entry.path);
  });
  return report;
}

std::vector<LargeFile> list_large_files(Workspace& workspace,
                                        const std::vector<std::string>& paths) {
  const repo::PathSet wanted(paths);
  store::Store& store = workspace.store();
  const auto root = workspace.root();
  std::vector<LargeFile> files;
  for_each_pointer(workspace.repository(),
                   [&](const repo::Index& index, const repo::IndexEntry& entry,
                       const wire::LfsPointer& pointer) {
                     if (!wanted.contains(entry.path)) return;
                     LargeFile file;
                     file.path = entry.path;
                     file.sha256 = pointer.sha256;
                     file.size_bytes = pointer.size_bytes;
                     bool stored = false;
                     if (const auto record = store.find_file(pointer.sha256)) {
                       file.xet_hash = record->xet_hash;
                       stored = true;
                       for (const xet::Term& term : record->terms) {
                         file.chunks += term.chunk_count();
                         const auto xorb = store.find_xorb(term.xorb);
                         if (!xorb || !xorb->local) {
                           stored = false;
                           continue;
                         }
                         file.stored_bytes += xorb->index.record_ends[term.end_chunk - 1] -
                                              xorb->index.record_start(term.first_chunk);
                       }
                     }
                     const auto stat = real_file_system().stat(root / entry.path);
                     if (!stat)
                       file.state = "missing";
                     else if (pointer_in_work_tree(root / entry.path, *stat) == pointer)
                       file.state = stored ? "stored" : "pointer";
                     else
                       file.state = index.is_unchanged(entry, *stat) ? "present" : "modified";
                     files.push_back(std::move(file));
                   });
  return files;
}

}  // namespace mhub::sync
