#include <algorithm>

#include <mhub/base/fault.hpp>
#include <mhub/repo/attributes.hpp>
#include <mhub/repo/checkout.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/merge.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/checkout.hpp>

#include "checkout_tree.hpp"
#include "clean.hpp"
#include "materialise.hpp"

namespace mhub::sync {

namespace {

std::string_view describe(repo::CheckoutConflict::Why why) {
  switch (why) {
    case repo::CheckoutConflict::Why::modified:
      return "is changed in the work tree";
    case repo::CheckoutConflict::Why::staged:
      return "has staged changes";
    case repo::CheckoutConflict::Why::untracked:
      return "is untracked and in the way";
    case repo::CheckoutConflict::Why::folder:
      return "is in the way of a folder or file";
    case repo::CheckoutConflict::Why::unmerged:
      return "is in conflict";
  }
  return "is in the way";
}

constexpr std::size_t kConflictsNamed = 10;

void refuse_conflicts(const repo::CheckoutPlan& plan) {
  if (plan.conflicts.empty()) return;
  std::string list;
  for (std::size_t i = 0; i < plan.conflicts.size() && i < kConflictsNamed; ++i) {
    const repo::CheckoutConflict& conflict = plan.conflicts[i];
    list += fmt::format("{}{} {}", i == 0 ? "" : "; ", printable(conflict.path),
                        describe(conflict.why));
  }
  if (plan.conflicts.size() > kConflictsNamed)
    list += fmt::format("; and {} more", plan.conflicts.size() - kConflictsNamed);
  const bool merging = std::any_of(plan.conflicts.begin(), plan.conflicts.end(),
                                   [](const repo::CheckoutConflict& conflict) {
                                     return conflict.why == repo::CheckoutConflict::Why::unmerged;
                                   });
  throw Error(ErrorKind::conflict, "local work would be lost: {}", list)
      .hint(merging ? "`mhub add` a file once its conflict is resolved, take a side with "
                      "`mhub restore --source HEAD`, or give up with `mhub merge --abort`"
                    : "commit these files, move them away, or discard them first");
}

/// A merge half done belongs to the branch it was begun on.
void require_nothing_going_on(repo::Repository& repository, bool force) {
  if (repo::read_merge_state(repository) && !force) {
    throw Error(ErrorKind::conflict, "a merge is going on")
        .hint("finish it with `mhub commit`, or give it up with `mhub merge --abort`");
  }
  const std::string other = repo::operation_in_progress(repository);
  if (!other.empty() && other != "bisect") {
    throw Error(ErrorKind::conflict, "a {} is going on", other)
        .hint(fmt::format("finish it with git, or give it up: git {} --abort", other));
  }
}

}  // namespace

void apply_checkout(Workspace& workspace, const Connections& connections,
                    std::string_view first_remote, const repo::CheckoutPlan& plan,
                    const CheckoutOptions& options, repo::Index& index, CheckoutReport& report,
                    const Tools& tools) {
  refuse_conflicts(plan);
  Materialiser materialiser(workspace, connections, first_remote, tools);
  // Large files first: they are what can fail for want of bytes or space, and until the small files
  // and the index follow the work tree is easily put right by running the command again.
  materialiser.write(plan, options, index, report);
  fault_point("checkout.large_written");
  repo::apply_small(workspace.repository(), plan, index, tools.stop);
  report.files_written += plan.small.size();
  report.files_removed += plan.deletes.size();
  fault_point("checkout.small_written");
}

void checkout_tree(Workspace& workspace, const Connections& connections,
                   std::string_view first_remote, const std::optional<repo::ObjectId>& from,
                   const repo::ObjectId& to, const CheckoutOptions& options, repo::Index& index,
                   CheckoutReport& report, const Tools& tools) {
  repo::CheckoutOptions how;
  how.force = options.force;
  const repo::CheckoutPlan plan = repo::plan_checkout(workspace.repository(), index, from, to, how,
                                                      clean_by_store(workspace, tools), tools.stop);
  apply_checkout(workspace, connections, first_remote, plan, options, index, report, tools);
}

CheckoutReport switch_to(Workspace& workspace, const Connections& connections,
                         const SwitchOptions& options, const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  const std::string branch_ref = "refs/heads/" + options.target;
  repo::Index index = repo::Index::lock(repository);
  require_nothing_going_on(repository, options.checkout.force);
  const repo::HeadState head = repository.head();
  CheckoutReport report;

  std::optional<repo::ObjectId> target;
  std::string tracking;  // a remote branch that the new local one follows
  if (options.create) {
    if (!repo::is_valid_branch_name(options.target)) {
      throw Error(ErrorKind::usage, "{} is no valid branch name", printable(options.target));
    }
    if (repo::find_ref(repository, branch_ref))
      throw Error(ErrorKind::conflict, "branch {} exists already", printable(options.target));
    if (!options.start_point.empty())
      target = repo::require_commit(repository, options.start_point);
    else
      target = head.commit;
    if (!target) {  // nothing is committed yet: only HEAD changes
      repository.set_head_to_branch(options.target, "checkout: moving to " + options.target);
      return report;
    }
    const auto full_name = repo::expand_ref_name(repository, options.start_point);
    if (full_name && full_name->starts_with("refs/remotes/")) tracking = *full_name;
  } else if (const auto branch = repo::find_ref(repository, branch_ref)) {
    target = branch->target;
  } else if (options.detach) {
    target = repo::require_commit(repository, options.target);
  } else {
    for (const repo::Remote& remote : repo::list_remotes(repository)) {
      const std::string name = "refs/remotes/" + remote.name + "/" + options.target;
      const auto found = repo::find_ref(repository, name);
      if (!found) continue;
      if (target) {
        throw Error(ErrorKind::usage, "{} is a branch of several remotes",
                    printable(options.target))
            .hint(fmt::format("name one: mhub switch -c {} <remote>/{}", options.target,
                              options.target));
      }
      target = found->target;
      tracking = name;
    }
    if (!target) {
      const bool is_commit = repo::find_revision(repository, options.target).has_value();
      Error error(ErrorKind::not_found, "there is no branch {}", printable(options.target));
      throw std::move(error).hint(is_commit ? "use --detach to look at a commit or tag"
                                            : "use -c to make it, or `mhub fetch` to look for it");
    }
  }

  const auto from = head.commit ? repo::peel_to_tree(repository, *head.commit) : std::nullopt;
  const auto to = repo::peel_to_tree(repository, *target);
  checkout_tree(workspace, connections, {}, from, *to, options.checkout, index, report, tools);
  index.write();
  // Only forced does it come this far: the next commit must not become the merge's.
  if (repo::read_merge_state(repository)) repo::clear_merge_state(repository);

  const std::string message = fmt::format(
      "checkout: moving from {} to {}",
      head.branch.empty() ? (head.commit ? head.commit->hex() : "") : head.branch, options.target);
  const bool make_branch = options.create || !tracking.empty();
  if (make_branch) {
    const std::string origin = options.start_point.empty() ? options.target : options.start_point;
    if (!repo::update_ref(repository, branch_ref, *target, repo::Expected::none(),
                          "branch: Created from " + origin)) {
      throw Error(ErrorKind::conflict, "branch {} was made by somebody else meanwhile",
                  printable(options.target))
          .hint("run the command again");
    }
    if (!tracking.empty()) {
      const std::string rest = tracking.substr(std::string_view("refs/remotes/").size());
      const std::size_t slash = rest.find('/');
      repo::set_upstream(repository, options.target, rest.substr(0, slash),
                         "refs/heads/" + rest.substr(slash + 1));
    }
  }
  if (make_branch || repo::find_ref(repository, branch_ref))
    repository.set_head_to_branch(options.target, message);
  else
    repository.set_head_detached(*target, message);
  return report;
}

CheckoutReport restore(Workspace& workspace, const Connections& connections,
                       const RestoreOptions& options, const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  CheckoutReport report;
  repo::CheckoutOptions how;
  how.force = true;
  std::vector<std::string> names;
  for (const auto& path : options.paths)
    names.push_back(repository.relative_path(path, workspace.root()));
  how.paths = names;

  repo::Index index = repo::Index::lock(repository);
  std::optional<repo::ObjectId> source;
  if (!options.source.empty() || options.staged) {
    const repo::ObjectId commit =
        repo::require_commit(repository, options.source.empty() ? "HEAD" : options.source);
    source = repo::peel_to_tree(repository, commit);
  }
  for (const std::string& path : names) {
    const bool known = path.empty() || index.find(path) || index.has_folder(path) ||
                       (source && repo::find_in_tree(repository, *source, path));
    if (!known) throw Error(ErrorKind::not_found, "{} is not known to git", printable(path));
  }
  const auto clean = clean_by_store(workspace, tools);

  if (options.staged) {
    for (const repo::TreeChange& change :
         repo::diff_tree_to_index(repository, source, index, {.paths = how.paths})) {
      // The change leads from the source to the index; restoring goes the other way.
      if (change.kind == repo::ChangeKind::added)
        index.remove(change.path);
      else
        index.set_unverified(change.path, change.old_mode, change.old_id);
    }
    for (const repo::IndexConflict& conflict : index.conflicts()) {
      if (!how.paths.contains(conflict.path)) continue;
      if (const auto entry = repo::find_in_tree(repository, *source, conflict.path))
        index.set_unverified(entry->path, entry->mode, entry->id);
      else
        index.remove(conflict.path);
    }
  }
  if (options.worktree) {
    if (source && !options.staged) {
      // The work tree takes the source's files while the index keeps what it has.
      repo::Index shown = repo::Index::in_memory(repository);
      shown.read_tree(source);
      const repo::CheckoutPlan plan = repo::plan_restore(repository, shown, how, clean, tools.stop);
      apply_checkout(workspace, connections, {}, plan, options.checkout, shown, report, tools);
    } else {
      const repo::CheckoutPlan plan = repo::plan_restore(repository, index, how, clean, tools.stop);
      apply_checkout(workspace, connections, {}, plan, options.checkout, index, report, tools);
    }
  }
  index.write();
  return report;
}

CheckoutReport materialise_all(Workspace& workspace, const Connections& connections,
                               std::string_view remote, const CheckoutOptions& options,
                               const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  CheckoutReport report;
  repo::Index index = repo::Index::lock(repository);
  repo::Attributes attributes = repo::Attributes::of_work_tree(repository);
  const auto root = workspace.root();
  repo::CheckoutPlan plan;
  index.for_each([&](const repo::IndexEntry& entry) {
    if (entry.stage != 0 || !repo::is_file(entry.mode) || !options.filter.wants(entry.path)) return;
    if (entry.stat.size >= wire::kLfsPointerLimitBytes || !attributes.is_large(entry.path)) return;
    const auto pointer = repo::read_pointer(repository, entry.id);
    const auto stat = real_file_system().stat(root / entry.path);
    if (!pointer || !stat || pointer_in_work_tree(root / entry.path, *stat) != pointer) return;
    plan.large.push_back({{entry.path, entry.mode, entry.id}, pointer});
    plan.before.emplace(entry.path, *stat);
  });
  if (plan.large.empty()) return report;
  Materialiser(workspace, connections, remote, tools).write(plan, options, index, report);
  index.write();
  return report;
}

}  // namespace mhub::sync
