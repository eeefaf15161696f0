#include "merge.hpp"

#include <mhub/base/fault.hpp>
#include <mhub/repo/checkout.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/merge.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/exchange.hpp>

#include "checkout_tree.hpp"
#include "clean.hpp"

namespace mhub::sync {

namespace {

repo::Signature require_identity(repo::Repository& repository) {
  auto identity = repository.configured_identity();
  if (!identity) {
    throw Error(ErrorKind::config, "git does not know who you are")
        .hint("set user.name and user.email: mhub config --global user.name \"Your Name\"");
  }
  return *identity;
}

}  // namespace

void merge_commit(Workspace& workspace, const Connections& connections, const Theirs& theirs,
                  const MergeOptions& options, PullReport& report, const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  if (repo::read_merge_state(repository)) {
    throw Error(ErrorKind::conflict, "a merge is going on already")
        .hint("resolve the conflicts and run `mhub commit`, or `mhub merge --abort`");
  }
  const repo::HeadState head = repository.head();
  const repo::ObjectId theirs_tree = *repo::peel_to_tree(repository, theirs.commit);

  const repo::MergeAnalysis analysis =
      head.commit ? repo::analyse_merge(repository, *head.commit, theirs.commit)
                  : repo::MergeAnalysis::fast_forward;
  if (analysis == repo::MergeAnalysis::up_to_date) {
    report.head = head.commit->hex();
    return;
  }
  if (analysis == repo::MergeAnalysis::unrelated)
    throw Error(ErrorKind::conflict, "{} has no history in common with this branch", theirs.label);

  const auto ours_tree = head.commit ? repo::peel_to_tree(repository, *head.commit) : std::nullopt;
  if (analysis == repo::MergeAnalysis::fast_forward && !options.no_fast_forward) {
    repo::Index index = repo::Index::lock(repository);
    checkout_tree(workspace, connections, theirs.remote, ours_tree, theirs_tree, options.checkout,
                  index, report.checkout, tools);
    index.write();
    fault_point("merge.index_written");
    if (!repository.move_head(head.commit, theirs.commit, theirs.action + ": Fast-forward"))
      throw Error(ErrorKind::conflict, "the branch moved meanwhile").hint("run the command again");
    report.outcome = PullReport::Outcome::fast_forward;
    report.head = theirs.commit.hex();
    return;
  }
  if (options.fast_forward_only) {
    throw Error(ErrorKind::conflict, "{} cannot be reached by going forward alone", theirs.label)
        .hint("leave --ff-only out to merge");
  }

  const repo::Signature identity = require_identity(repository);
  const repo::MergeResult merged =
      repo::merge_commits(repository, *head.commit, theirs.commit, "HEAD", theirs.label);
  const std::string message =
      options.message.empty() ? fmt::format("Merge {}\n", theirs.label) : options.message;
  repo::Index index = repo::Index::lock(repository);
  checkout_tree(workspace, connections, theirs.remote, ours_tree, merged.tree, options.checkout,
                index, report.checkout, tools);
  repo::write_original_head(repository, *head.commit);
  if (!merged.is_clean()) {
    // Index first: with conflicts in it no commit can be made that forgets the other side.
    repo::record_conflicts(index, merged);
    index.write();
    fault_point("merge.index_written");
    repo::MergeState state;
    state.heads = {theirs.commit};
    state.message = message;
    state.original_head = head.commit;
    state.no_fast_forward = options.no_fast_forward;
    repo::write_merge_state(repository, state);
    for (const repo::MergedFile& file : merged.conflicts)
      report.conflicts.push_back(file.conflict.path);
    report.outcome = PullReport::Outcome::conflicts;
    report.head = head.commit->hex();
    return;
  }
  index.write();
  const repo::ObjectId commit = repo::write_commit(repository, {merged.tree,
                                                                {*head.commit, theirs.commit},
                                                                identity,
                                                                identity,
                                                                repo::clean_message(message)});
  if (!repository.move_head(head.commit, commit, theirs.action + ": Merge made by mhub"))
    throw Error(ErrorKind::conflict, "the branch moved meanwhile").hint("run the command again");
  report.outcome = PullReport::Outcome::merged;
  report.head = commit.hex();
}

PullReport merge(Workspace& workspace, const Connections& connections, const MergeOptions& options,
                 const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  PullReport report;
  if (options.abort) {
    const auto state = repo::read_merge_state(repository);
    if (!state) throw Error(ErrorKind::usage, "no merge is going on");
    const repo::HeadState head = repository.head();
    repo::Index index = repo::Index::lock(repository);
    const auto tree = repo::peel_to_tree(repository, *head.commit);
    repo::CheckoutOptions how;
    how.force = true;
    // Only what the merge wrote goes back; other local changes were there before and stay.
    const repo::MergeResult merged =
        repo::merge_commits(repository, *head.commit, state->heads.front(), "HEAD", "theirs");
    std::vector<std::string> touched;
    for (const auto& change : repo::diff_trees(repository, tree, merged.tree))
      touched.push_back(change.path);
    for (const repo::MergedFile& file : merged.conflicts) touched.push_back(file.conflict.path);
    report.head = head.commit->hex();
    if (touched.empty()) {
      repo::clear_merge_state(repository);
      return report;
    }
    how.paths = std::move(touched);
    const repo::CheckoutPlan plan = repo::plan_checkout(
        repository, index, tree, *tree, how, clean_by_store(workspace, tools), tools.stop);
    apply_checkout(workspace, connections, {}, plan, options.checkout, index, report.checkout,
                   tools);
    index.write();
    repo::clear_merge_state(repository);
    return report;
  }
  const Theirs theirs{repo::require_commit(repository, options.revision),
                      fmt::format("'{}'", options.revision),
                      "merge " + options.revision,
                      {}};
  merge_commit(workspace, connections, theirs, options, report, tools);
  return report;
}

}  // namespace mhub::sync
