#include <mhub/remote/git_transport.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/exchange.hpp>

#include "hub_link.hpp"
#include "stopwatch.hpp"

namespace mhub::sync {

FetchReport fetch(Workspace& workspace, const Connections& connections, const FetchOptions& options,
                  const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  const Stopwatch watch;
  const std::vector<std::string> remotes = data_remotes(repository, options.remote);
  if (remotes.empty()) {
    throw Error(ErrorKind::config, "this repository has no remote")
        .hint("add one: mhub remote add origin URL");
  }
  HubLink link(repository, connections, remotes.front(), false, tools);

  remote::GitFetch what;
  what.url = link.address().url;
  what.refspecs = options.refspecs;
  what.prune = options.prune;
  what.tags = options.tags ? remote::FetchTags::following : remote::FetchTags::none;
  if (what.refspecs.empty() && !link.name().empty()) {
    const auto remote = repo::find_remote(repository, link.name());
    for (const repo::Refspec& refspec : remote->fetch) what.refspecs.push_back(refspec.text());
  }
  if (what.refspecs.empty()) what.refspecs.push_back("HEAD");
  what.reflog_message = "fetch " + (link.name().empty() ? link.key() : link.name());
  const remote::GitFetchResult result =
      remote::fetch_refs(link.hub(), repository.git_folder(), what);
  repository.refresh();

  FetchReport report;
  report.remote = link.name().empty() ? link.key() : link.name();
  report.transfer.received_bytes = result.received_bytes;
  for (const remote::FetchedRef& ref : result.refs) {
    using Outcome = remote::FetchedRef::Outcome;
    if (ref.outcome == Outcome::unchanged) continue;
    if (ref.outcome == Outcome::rejected) {
      report.rejected.push_back({ref.local_ref, ref.reason});
      continue;
    }
    report.refs.push_back({ref.local_ref.empty() ? ref.remote_ref : ref.local_ref, ref.old_id,
                           ref.new_id, ref.outcome == Outcome::forced});
  }
  report.transfer.seconds = watch.seconds();
  return report;
}

}  // namespace mhub::sync
