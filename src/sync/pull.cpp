#include <mhub/repo/refs.hpp>
#include <mhub/repo/repository.hpp>
#include <mhub/sync/exchange.hpp>

#include "hub_link.hpp"
#include "merge.hpp"

namespace mhub::sync {

namespace {

/// What `pull` merges: a remote and one of its branches.
struct Source {
  std::string remote;
  std::string branch;  ///< short name on the remote
};

Source find_source(repo::Repository& repository, const PullOptions& options) {
  const std::string current = repository.head().branch;
  Source source{options.remote, options.branch};
  std::optional<repo::Upstream> upstream;
  if (!current.empty()) upstream = repo::upstream_of(repository, current);
  if (source.remote.empty() && upstream) source.remote = upstream->remote;
  if (source.remote.empty()) {
    const auto remotes = data_remotes(repository, {});
    if (!remotes.empty()) source.remote = remotes.front();
  }
  if (source.branch.empty() && upstream && upstream->remote == source.remote)
    source.branch = repo::short_ref_name(upstream->merge);
  if (source.branch.empty()) source.branch = current;
  if (source.branch.empty()) {
    throw Error(ErrorKind::usage, "HEAD is detached; there is no branch to pull into")
        .hint("name remote and branch: mhub pull REMOTE BRANCH");
  }
  return source;
}

}  // namespace

PullReport pull(Workspace& workspace, const Connections& connections, const PullOptions& options,
                const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  const Source source = find_source(repository, options);
  PullReport report;
  FetchOptions fetching;
  fetching.remote = source.remote;
  report.fetch = fetch(workspace, connections, fetching, tools);

  const std::string tracking = "refs/remotes/" + source.remote + "/" + source.branch;
  for (const auto& ref : report.fetch.rejected) {
    if (ref.ref != tracking) continue;
    throw Error(ErrorKind::conflict, "{} was not brought up to date: {}",
                printable(repo::short_ref_name(tracking)), printable(ref.reason))
        .hint(fmt::format(
            "the remote's branch was rewritten; take it over with: mhub fetch {} +{}:{}",
            source.remote, "refs/heads/" + source.branch, tracking));
  }
  const auto theirs = repo::find_ref(repository, tracking);
  if (!theirs) {
    throw Error(ErrorKind::not_found, "{} has no branch {}", printable(source.remote),
                printable(source.branch))
        .hint("push it first, or name another: mhub pull REMOTE BRANCH");
  }
  MergeOptions merging;
  merging.fast_forward_only = options.fast_forward_only;
  merging.checkout = options.checkout;
  merging.message = fmt::format("Merge branch '{}' of {}", source.branch, source.remote);
  merge_commit(
      workspace, connections,
      {theirs->target, fmt::format("{}/{}", source.remote, source.branch), "pull", source.remote},
      merging, report, tools);

  if (!options.checkout.no_data && report.outcome != PullReport::Outcome::conflicts) {
    // Files that an earlier clone or pull left as pointers.
    const CheckoutReport rest =
        materialise_all(workspace, connections, source.remote, options.checkout, tools);
    report.checkout.files_written += rest.files_written;
    report.checkout.reused_bytes += rest.reused_bytes;
    report.checkout.transfer.received_bytes += rest.transfer.received_bytes;
    report.checkout.transfer.files += rest.transfer.files;
    report.checkout.transfer.logical_bytes += rest.transfer.logical_bytes;
    report.checkout.bytes_missing = rest.bytes_missing;
  }
  return report;
}

}  // namespace mhub::sync
