#include <set>
#include <unordered_set>

#include <mhub/base/error.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/status.hpp>
#include <mhub/repo/work_tree.hpp>
#include <mhub/sync/remove.hpp>

#include "clean.hpp"

namespace mhub::sync {

namespace {

// Tracked paths that `options.paths` name, each once.
std::vector<std::string> named_paths(repo::Repository& repository, const repo::Index& index,
                                     const RemoveOptions& options,
                                     const std::filesystem::path& root) {
  std::unordered_set<std::string> tracked;  // with its conflicts, which have no stage 0
  index.for_each([&](const repo::IndexEntry& entry) { tracked.insert(entry.path); });
  std::vector<std::string> names;
  for (const std::filesystem::path& path : options.paths) {
    names.push_back(repository.relative_path(path, root));
    const bool is_folder = index.has_folder(names.back());
    if (is_folder && !options.recursive) {
      throw Error(ErrorKind::usage, "{} is a folder", printable(path.string()))
          .hint("-r removes folders with all below");
    }
    if (!is_folder && !tracked.contains(names.back()))
      throw Error(ErrorKind::not_found, "{} is not tracked", printable(path.string()));
  }
  if (names.empty()) return {};
  const repo::PathSet wanted(std::move(names));
  std::vector<std::string> named;
  index.for_each([&](const repo::IndexEntry& entry) {
    if (wanted.contains(entry.path) && (named.empty() || named.back() != entry.path))
      named.push_back(entry.path);
  });
  return named;
}

// git's rule: content that is neither in HEAD nor in another place must not be lost.
void require_nothing_lost(Workspace& workspace, const std::vector<std::string>& paths, bool cached,
                          const Tools& tools) {
  repo::StatusOptions how;
  how.paths = paths;
  how.untracked = repo::UntrackedMode::none;
  how.detect_renames = false;
  const repo::Status status =
      repo::read_status(workspace.repository(), how, clean_by_store(workspace, tools), tools.stop);
  std::set<std::string> staged, changed;
  for (const repo::TreeChange& change : status.staged) {
    if (change.kind != repo::ChangeKind::deleted) staged.insert(change.path);
  }
  for (const repo::WorkChange& change : status.unstaged) {
    if (change.kind != repo::ChangeKind::deleted) changed.insert(change.path);
  }
  Error error(ErrorKind::conflict, "some files have changes that no commit holds");
  bool any = false;
  for (const std::string& path : paths) {
    const bool both = staged.contains(path) && changed.contains(path);
    const bool one = staged.contains(path) || changed.contains(path);
    if (!both && (cached || !one)) continue;
    any = true;
    error.add_context("removing " + printable(path));
  }
  if (any) {
    throw std::move(error).hint(cached ? "-f removes them from the index all the same"
                                       : "--cached keeps the working files, -f removes them");
  }
}

}  // namespace

std::vector<std::string> remove(Workspace& workspace, const RemoveOptions& options,
                                const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  repo::Index index = repo::Index::lock(repository);
  const std::vector<std::string> paths = named_paths(repository, index, options, workspace.root());
  if (!options.force) require_nothing_lost(workspace, paths, options.cached, tools);
  if (options.dry_run) return paths;
  for (const std::string& path : paths) index.remove(path);
  // The index first: a crash in between leaves untracked files, which lose nothing.
  index.write();
  if (!options.cached) {
    for (const std::string& path : paths) repo::remove_working_file(repository, path);
  }
  return paths;
}

}  // namespace mhub::sync
