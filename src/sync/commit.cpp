#include <mhub/base/error.hpp>
#include <mhub/base/fault.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/merge.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/sync/commit.hpp>

namespace mhub::sync {

namespace {

// MERGE_MSG may hold remarks for the person who edits it.
std::string without_remarks(std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (!line.starts_with('#')) kept += std::string(line) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return kept;
}

repo::Signature require_identity(repo::Repository& repository,
                                 const std::optional<repo::Signature>& given) {
  if (given) return *given;
  if (auto configured = repository.configured_identity()) return *configured;
  throw Error(ErrorKind::config, "git does not know who you are")
      .hint("set user.name and user.email: mhub config --global user.name \"Your Name\"");
}

void require_resolved(const repo::Index& index) {
  if (!index.has_conflicts()) return;
  Error error(ErrorKind::conflict, "some files are still in conflict");
  for (const repo::IndexConflict& conflict : index.conflicts()) {
    error.add_context("merging " + printable(conflict.path));
  }
  throw std::move(error).hint("put the right content into each and `mhub add` it");
}

}  // namespace

CommitReport commit(Workspace& workspace, const CommitOptions& options, const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  const std::string operation = repo::operation_in_progress(repository);
  if (!operation.empty() && operation != "bisect") {
    throw Error(ErrorKind::conflict, "a {} is going on", operation)
        .hint(fmt::format("end it with `git {} --continue` or `--abort`", operation));
  }
  const repo::HeadState head = repository.head();
  const auto merge = repo::read_merge_state(repository);
  if (options.amend && merge)
    throw Error(ErrorKind::usage, "a merge cannot be amended while it is going on");
  if (options.amend && !head.commit) throw Error(ErrorKind::usage, "there is no commit to amend");
  const auto old = options.amend ? repo::find_commit(repository, *head.commit) : std::nullopt;

  // Held until the branch has moved, so that nobody stages anything in between.
  repo::Index index = repo::Index::lock(repository);
  require_resolved(index);
  tools.stop.check();
  repo::NewCommit commit;
  commit.tree = index.write_tree();
  if (old) {
    commit.parents = old->parents;
  } else if (head.commit) {
    commit.parents.push_back(*head.commit);
  }
  if (merge) commit.parents.insert(commit.parents.end(), merge->heads.begin(), merge->heads.end());

  const auto base = commit.parents.empty() ? std::nullopt
                                           : repo::peel_to_tree(repository, commit.parents.front());
  const std::size_t changed = repo::diff_trees(repository, base, commit.tree).size();
  CommitReport report;
  report.branch = head.branch;
  if (changed == 0 && !options.amend && !options.allow_empty && !merge) return report;

  std::string message = options.message;
  if (message.empty() && merge) message = without_remarks(merge->message);
  if (message.empty() && old) message = old->message;
  commit.message = repo::clean_message(message);
  if (commit.message.empty()) throw Error(ErrorKind::usage, "a commit needs a message");
  commit.author =
      old && !options.author ? old->author : require_identity(repository, options.author);
  commit.committer = require_identity(repository, options.committer);

  const repo::ObjectId id = repo::write_commit(repository, commit);
  fault_point("commit.written");
  const std::string summary = commit.message.substr(0, commit.message.find('\n'));
  const std::string_view kind = old                      ? " (amend)"
                                : merge                  ? " (merge)"
                                : commit.parents.empty() ? " (initial)"
                                                         : "";
  repository.set_reflog_identity(commit.committer);
  if (!repository.move_head(head.commit, id, fmt::format("commit{}: {}", kind, summary))) {
    throw Error(ErrorKind::conflict, "the branch moved meanwhile").hint("run the command again");
  }
  if (merge) repo::clear_merge_state(repository);

  report.id = id.hex();
  report.summary = summary;
  report.is_root = commit.parents.empty();
  report.is_merge = commit.parents.size() > 1;
  report.changed_files = changed;
  return report;
}

}  // namespace mhub::sync
