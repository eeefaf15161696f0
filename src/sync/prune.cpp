#include <unordered_set>

#include <mhub/base/log.hpp>
#include <mhub/repo/pointers.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/upkeep.hpp>

#include "hub_link.hpp"

namespace mhub::sync {

namespace {

/// Local xorbs that hold chunks of a live file which no remote is known to have.
std::unordered_set<xet::XorbHash> xorbs_needed(Workspace& workspace,
                                               const std::unordered_set<Sha256>& live) {
  store::Store& store = workspace.store();
  std::vector<std::string> remotes;
  for (const repo::Remote& remote : repo::list_remotes(workspace.repository()))
    remotes.push_back(remote_key(remote.url));
  std::unordered_set<xet::XorbHash> needed;
  for (const Sha256& sha256 : live) {
    const auto record = store.find_file(sha256);
    if (!record) continue;
    const bool safe = std::any_of(remotes.begin(), remotes.end(), [&](const std::string& remote) {
      return store.remote_has_file(remote, sha256);
    });
    if (safe) continue;
    for (const xet::Term& term : record->terms) needed.insert(term.xorb);
  }
  return needed;
}

}  // namespace

store::CollectReport prune(Workspace& workspace, const Connections& connections,
                           const PruneOptions& options, const Tools& tools) {
  store::Store& store = workspace.store();
  std::unordered_set<Sha256> live;
  repo::all_reachable_pointers(
      workspace.repository(),
      [&](const repo::FoundPointer& found) { live.insert(found.pointer.sha256); }, tools.stop);

  store::CollectOptions collect;
  collect.grace = options.grace;
  collect.dry_run = options.dry_run;
  store::CollectReport report =
      store::collect_garbage(store, live, collect, tools.progress, tools.stop);
  if (!options.pushed) return report;

  if (options.verify_remote) forget_what_remotes_lost(workspace, connections, live, tools);
  const std::unordered_set<xet::XorbHash> needed = xorbs_needed(workspace, live);
  const store::CollectReport dropped = store::drop_xorbs(
      store, [&](const store::XorbRecord& xorb) { return !needed.contains(xorb.index.hash); },
      options.dry_run);
  report.xorbs_dropped += dropped.xorbs_dropped;
  report.freed_bytes += dropped.freed_bytes;
  return report;
}

}  // namespace mhub::sync
