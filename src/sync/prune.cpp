#include <unordered_map>
#include <unordered_set>

#include <mhub/base/log.hpp>
#include <mhub/repo/pointers.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/upkeep.hpp>

#include "drop.hpp"
#include "hub_link.hpp"

namespace mhub::sync {

namespace {

/// Local xorbs that hold chunks of live files, and whether all these files are on a remote. What no
/// live file needs is left to the grace period of garbage collection: an `add` may just be writing
/// it.
std::unordered_map<xet::XorbHash, bool> safe_xorbs(Workspace& workspace,
                                                   const std::unordered_set<Sha256>& live) {
  store::Store& store = workspace.store();
  std::vector<std::string> remotes;
  for (const repo::Remote& remote : repo::list_remotes(workspace.repository()))
    remotes.push_back(remote_key(remote.url));
  std::unordered_map<xet::XorbHash, bool> safe;
  for (const Sha256& sha256 : live) {
    const auto record = store.find_file(sha256);
    if (!record) continue;
    const bool on_remote = std::any_of(
        remotes.begin(), remotes.end(),
        [&](const std::string& remote) { return store.remote_has_file(remote, sha256); });
    for (const xet::Term& term : record->terms) {
      const auto [it, is_new] = safe.try_emplace(term.xorb, on_remote);
      it->second = it->second && on_remote;
    }
  }
  return safe;
}

/// Xorbs of files that no work tree shows.
std::unordered_set<xet::XorbHash> xorbs_not_shown(store::Store& store) {
  std::unordered_set<Sha256> shown;
  for (const store::WorkingFile& working : store.working_files()) {
    const auto stat = real_file_system().stat(working.path);
    if (stat && *stat == working.stat) shown.insert(working.sha256);
  }
  std::unordered_set<xet::XorbHash> xorbs;
  store.for_each_file([&](const store::FileRecord& record) {
    if (shown.contains(record.sha256)) return;
    for (const xet::Term& term : record.terms) xorbs.insert(term.xorb);
  });
  return xorbs;
}

}  // namespace

store::CollectReport drop_second_copies(Workspace& workspace) {
  const std::string keep = workspace.repository().config().get("mhub.keep").value_or("unpushed");
  if (keep == "all") return {};
  if (keep != "unpushed") {
    throw Error(ErrorKind::config, "mhub.keep is {}; it can be \"unpushed\" or \"all\"",
                printable(keep))
        .hint("mhub config mhub.keep unpushed");
  }
  store::Store& store = workspace.store();
  const std::unordered_set<xet::XorbHash> wanted = xorbs_not_shown(store);
  return store::drop_xorbs(
      store,
      [&](const store::XorbRecord& xorb) {
        return store.any_remote_has_xorb(xorb.index.hash) && !wanted.contains(xorb.index.hash);
      },
      false);
}

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
  const std::unordered_map<xet::XorbHash, bool> safe = safe_xorbs(workspace, live);
  const store::CollectReport dropped = store::drop_xorbs(
      store,
      [&](const store::XorbRecord& xorb) {
        const auto found = safe.find(xorb.index.hash);
        return found != safe.end() && found->second;
      },
      options.dry_run);
  report.xorbs_dropped += dropped.xorbs_dropped;
  report.freed_bytes += dropped.freed_bytes;
  return report;
}

}  // namespace mhub::sync
