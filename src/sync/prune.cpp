#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <mhub/repo/pointers.hpp>
#include <mhub/repo/repository.hpp>
#include <mhub/sync/upkeep.hpp>

#include "drop.hpp"
#include "hub_link.hpp"
#include "materialise.hpp"
#include "partial_file.hpp"

namespace mhub::sync {

namespace {

bool on_some_remote(store::Store& store, const std::vector<std::string>& remotes,
                    const Sha256& sha256) {
  return std::any_of(remotes.begin(), remotes.end(), [&](const std::string& remote) {
    return store.remote_has_file(remote, sha256);
  });
}

/// Xorbs all of whose files `may_spare` allows to be without them. A xorb that no file names is not
/// among them: an `add` may just be writing it, and garbage collection waits its grace period.
std::unordered_set<xet::XorbHash> spare_xorbs(
    store::Store& store, const std::function<bool(const store::FileRecord&)>& may_spare) {
  std::unordered_map<xet::XorbHash, bool> spare;
  store.for_each_file([&](const store::FileRecord& record) {
    const bool allowed = may_spare(record);
    for (const xet::Term& term : record.terms) {
      const auto [it, is_new] = spare.try_emplace(term.xorb, allowed);
      it->second = it->second && allowed;
    }
  });
  std::unordered_set<xet::XorbHash> xorbs;
  for (const auto& [xorb, allowed] : spare) {
    if (allowed) xorbs.insert(xorb);
  }
  return xorbs;
}

/// spare_xorbs for store::drop_xorbs, which asks once no other process can add files any more:
/// found out earlier, a file added in between could lose its chunks.
class SpareXorbs {
public:
  SpareXorbs(store::Store& store, std::function<bool(const store::FileRecord&)> may_spare)
      : store_(store), may_spare_(std::move(may_spare)) {}

  bool contains(const xet::XorbHash& xorb) {
    if (!found_) found_ = spare_xorbs(store_, may_spare_);
    return found_->contains(xorb);
  }

private:
  store::Store& store_;
  std::function<bool(const store::FileRecord&)> may_spare_;
  std::optional<std::unordered_set<xet::XorbHash>> found_;
};

/// Contents that stand in a work tree, as far as stat tells.
std::unordered_set<Sha256> shown_files(store::Store& store) {
  std::unordered_set<Sha256> shown;
  for (const store::WorkingFile& working : store.working_files()) {
    const auto stat = real_file_system().stat(working.path);
    if (stat && *stat == working.stat) shown.insert(working.sha256);
  }
  return shown;
}

/// True if other repositories may keep their files in the same store.
bool is_shared(Workspace& workspace) {
  return workspace.store_folder() != workspace.repository().common_folder() / "mhub";
}

}  // namespace

store::CollectReport drop_second_copies(Workspace& workspace, const Connections& connections,
                                        const Tools& tools) {
  try {
    const std::string keep = workspace.repository().config().get("mhub.keep").value_or("unpushed");
    if (keep == "all") return {};
    if (keep != "unpushed") {
      throw Error(ErrorKind::config, "mhub.keep is {}; it can be \"unpushed\" or \"all\"",
                  printable(keep));
    }
    store::Store& store = workspace.store();
    const std::vector<std::string> remotes = remote_keys(workspace.repository(), connections);
    const std::unordered_set<Sha256> shown = shown_files(store);
    SpareXorbs spare(store, [&](const store::FileRecord& record) {
      return shown.contains(record.sha256) && on_some_remote(store, remotes, record.sha256);
    });
    return store::drop_xorbs(
        store,
        [&](const store::XorbRecord& xorb) {
          return spare.contains(xorb.index.hash) && store.any_remote_has_xorb(xorb.index.hash);
        },
        false);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;
    tools.progress.note("the store keeps its copies: " + error.message());
    return {};
  }
}

store::CollectReport prune(Workspace& workspace, const Connections& connections,
                           const PruneOptions& options, const Tools& tools) {
  store::Store& store = workspace.store();
  std::unordered_set<Sha256> live;
  repo::all_reachable_pointers(
      workspace.repository(),
      [&](const repo::FoundPointer& found) { live.insert(found.pointer.sha256); }, tools.stop);

  if (is_shared(workspace)) {
    // Which of its files other repositories need cannot be told from here.
    store.for_each_file([&](const store::FileRecord& record) { live.insert(record.sha256); });
  }
  store::CollectOptions collect;
  collect.grace = options.grace;
  collect.dry_run = options.dry_run;
  store::CollectReport report =
      store::collect_garbage(store, live, collect, tools.progress, tools.stop);
  for (const auto& folder :
       {partial_folder(workspace.repository()), filter_folder(workspace.repository())}) {
    report.freed_bytes += sweep_partial_files(folder, options.grace, !options.dry_run);
  }
  if (!options.pushed) return report;

  if (options.verify_remote) forget_what_remotes_lost(workspace, connections, live, tools);
  const std::vector<std::string> remotes = remote_keys(workspace.repository(), connections);
  SpareXorbs spare(store, [&](const store::FileRecord& record) {
    return on_some_remote(store, remotes, record.sha256);
  });
  const store::CollectReport dropped = store::drop_xorbs(
      store, [&](const store::XorbRecord& xorb) { return spare.contains(xorb.index.hash); },
      options.dry_run);
  report.xorbs_dropped += dropped.xorbs_dropped;
  report.freed_bytes += dropped.freed_bytes;
  return report;
}

}  // namespace mhub::sync
