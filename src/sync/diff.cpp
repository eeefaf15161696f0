#include <map>

#include <mhub/base/error.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/repo/status.hpp>
#include <mhub/sync/diff.hpp>

#include "change.hpp"
#include "clean.hpp"

namespace mhub::sync {

namespace {

// Size and, for a large file, hash of one side of a change.
void describe_side(repo::Repository& repository, repo::FileMode mode, const repo::ObjectId& id,
                   std::optional<std::uint64_t>& size_bytes, std::optional<Sha256>& sha256,
                   bool& large) {
  if (mode == repo::FileMode::none || mode == repo::FileMode::submodule || id.is_zero()) return;
  const repo::BlobContent content = repo::describe_blob(repository, id);
  size_bytes = content.size_bytes;
  if (!content.pointer || !repo::is_file(mode)) return;
  sha256 = content.pointer->sha256;
  large = true;
}

std::vector<FileDiff> described(repo::Repository& repository,
                                const std::vector<repo::TreeChange>& changes) {
  std::vector<FileDiff> all;
  for (const repo::TreeChange& change : changes) {
    FileDiff diff;
    diff.path = change.path;
    if (change.kind == repo::ChangeKind::renamed) diff.old_path = change.old_path;
    diff.change = to_change(change.kind);
    describe_side(repository, change.old_mode, change.old_id, diff.old_size_bytes, diff.old_sha256,
                  diff.large);
    describe_side(repository, change.new_mode, change.new_id, diff.new_size_bytes, diff.new_sha256,
                  diff.large);
    all.push_back(std::move(diff));
  }
  return all;
}

std::optional<repo::ObjectId> tree_of(repo::Repository& repository, const std::string& revision) {
  if (revision.empty()) return repo::head_tree(repository);
  const auto id = repo::find_revision(repository, revision);
  auto tree = id ? repo::peel_to_tree(repository, *id) : std::nullopt;
  if (!tree) throw Error(ErrorKind::not_found, "no revision {}", printable(revision));
  return tree;
}

std::vector<FileDiff> index_against(repo::Repository& repository, const std::string& revision,
                                    const std::vector<std::string>& paths, bool detect_renames) {
  const repo::Index index = repo::Index::read(repository);
  repo::DiffOptions options;
  options.paths = paths;
  options.detect_renames = detect_renames;
  return described(repository, repo::diff_tree_to_index(repository, tree_of(repository, revision),
                                                        index, options));
}

}  // namespace

std::vector<FileDiff> diff_trees(repo::Repository& repository,
                                 const std::optional<repo::ObjectId>& from,
                                 const std::optional<repo::ObjectId>& to,
                                 const std::vector<std::string>& paths) {
  repo::DiffOptions options;
  options.paths = paths;
  options.detect_renames = true;
  return described(repository, repo::diff_trees(repository, from, to, options));
}

std::vector<FileDiff> diff_staged(Workspace& workspace, const std::string& revision,
                                  const std::vector<std::string>& paths, const Tools&) {
  return index_against(workspace.repository(), revision, paths, true);
}

std::vector<FileDiff> diff_unstaged(Workspace& workspace, const std::vector<std::string>& paths,
                                    const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  repo::StatusOptions options;
  options.paths = paths;
  options.untracked = repo::UntrackedMode::none;
  options.staged = false;
  const repo::Status found =
      repo::read_status(repository, options, clean_by_store(workspace, tools), tools.stop);
  repo::write_refreshed(repository, found);
  std::vector<FileDiff> all;
  for (const repo::IndexConflict& conflict : found.conflicts) {
    FileDiff diff;
    diff.path = conflict.path;
    diff.change = Change::unmerged;
    all.push_back(std::move(diff));
  }
  for (const repo::WorkChange& change : found.unstaged) {
    FileDiff diff;
    diff.path = change.path;
    diff.change = to_change(change.kind);
    diff.large = change.is_large;
    if (change.index_mode != repo::FileMode::none) diff.old_size_bytes = change.old_size_bytes;
    if (change.kind != repo::ChangeKind::deleted) diff.new_size_bytes = change.size_bytes;
    if (const auto pointer = repo::read_pointer(repository, change.index_id)) {
      diff.old_sha256 = pointer->sha256;
    }
    all.push_back(std::move(diff));
  }
  return all;
}

std::vector<FileDiff> diff_revision_to_work_tree(Workspace& workspace, const std::string& revision,
                                                 const std::vector<std::string>& paths,
                                                 const Tools& tools) {
  // Without renames, so that each path stands for itself.
  std::map<std::string, FileDiff> by_path;
  for (FileDiff& staged : index_against(workspace.repository(), revision, paths, false)) {
    by_path[staged.path] = std::move(staged);
  }
  for (FileDiff& unstaged : diff_unstaged(workspace, paths, tools)) {
    const auto [at, is_new] = by_path.try_emplace(unstaged.path, unstaged);
    if (is_new) continue;
    FileDiff& both = at->second;
    both.large = both.large || unstaged.large;
    both.new_size_bytes = unstaged.new_size_bytes;
    both.new_sha256 = unstaged.new_sha256;
    if (unstaged.change == Change::deleted && both.change == Change::added) {
      by_path.erase(at);
    } else if (both.change != Change::added) {
      both.change = unstaged.change;
    }
  }
  std::vector<FileDiff> all;
  for (auto& [path, diff] : by_path) all.push_back(std::move(diff));
  return all;
}

}  // namespace mhub::sync
