#include <unordered_set>

#include <mhub/repo/pointers.hpp>
#include <mhub/repo/repository.hpp>
#include <mhub/sync/status.hpp>
#include <mhub/sync/upkeep.hpp>

namespace mhub::sync {

StatsReport stats(Workspace& workspace, const Tools& tools) {
  store::Store& store = workspace.store();
  StatsReport report;
  report.store = store.totals();
  const auto root = workspace.root();
  for (const LargeFile& file : list_large_files(workspace, {})) {
    ++report.tracked_files;
    report.tracked_bytes += file.size_bytes;
    if (const auto stat = real_file_system().stat(root / file.path))
      report.working_disk_bytes += stat->disk_bytes;
  }
  std::unordered_set<Sha256> seen;
  std::unordered_set<xet::XorbHash> counted;
  repo::all_reachable_pointers(
      workspace.repository(),
      [&](const repo::FoundPointer& found) {
        if (!seen.insert(found.pointer.sha256).second) return;
        ++report.history_files;
        report.history_bytes += found.pointer.size_bytes;
        const auto record = store.find_file(found.pointer.sha256);
        if (!record) return;
        for (const xet::Term& term : record->terms) {
          if (!counted.insert(term.xorb).second || store.any_remote_has_xorb(term.xorb)) continue;
          if (const auto xorb = store.find_xorb(term.xorb); xorb && xorb->local)
            report.unpushed_bytes += xorb->index.raw_bytes();
        }
      },
      tools.stop);
  return report;
}

}  // namespace mhub::sync
