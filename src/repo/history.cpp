#include <map>

#include <mhub/repo/history.hpp>
#include <mhub/repo/objects.hpp>

#include "handle.hpp"

namespace mhub::repo {

namespace {

/// A path that is looked for, and what of it is left below the tree at hand.
struct Tracked {
  std::size_t index;
  std::string_view rest;
};
using ByName = std::map<std::string_view, std::vector<Tracked>>;

ByName by_first_name(const std::vector<Tracked>& paths) {
  ByName groups;
  for (const Tracked& path : paths) {
    const auto slash = path.rest.find('/');
    groups[path.rest.substr(0, slash)].push_back({path.index, slash == std::string_view::npos
                                                                  ? std::string_view()
                                                                  : path.rest.substr(slash + 1)});
  }
  return groups;
}

std::map<std::string_view, TreeEntry> entries_of(Repository& repository, const ObjectId& tree,
                                                 const ByName& wanted) {
  std::map<std::string_view, TreeEntry> found;
  for (TreeEntry& entry : read_tree(repository, tree)) {
    const auto group = wanted.find(entry.name);
    if (group != wanted.end()) found.emplace(group->first, std::move(entry));
  }
  return found;
}

/// Sorts paths by whether two trees agree on them.
class Comparison {
public:
  explicit Comparison(Repository& repository) : repository_(repository) {}

  void compare(const ObjectId& now, const ObjectId& before, const std::vector<Tracked>& paths) {
    if (now == before) {
      for (const Tracked& path : paths) same.push_back(path.index);
      return;
    }
    const ByName groups = by_first_name(paths);
    const auto entries_now = entries_of(repository_, now, groups);
    const auto entries_before = entries_of(repository_, before, groups);
    for (const auto& [name, group] : groups) {
      const auto a = entries_now.find(name);
      const auto b = entries_before.find(name);
      const bool both = a != entries_now.end() && b != entries_before.end();
      const bool equal = both && a->second.id == b->second.id && a->second.mode == b->second.mode;
      std::vector<Tracked> below;
      for (const Tracked& path : group) {
        if (equal)
          same.push_back(path.index);
        else if (path.rest.empty())
          changed.push_back(path.index);
        else
          below.push_back(path);
      }
      if (below.empty()) continue;
      if (both && a->second.mode == FileMode::tree && b->second.mode == FileMode::tree) {
        compare(a->second.id, b->second.id, below);
      } else {
        for (const Tracked& path : below) changed.push_back(path.index);
      }
    }
  }

  std::vector<std::size_t> same;
  std::vector<std::size_t> changed;

private:
  Repository& repository_;
};

}  // namespace

std::vector<ObjectId> list_commits(Repository& repository, const ObjectId& tip, std::size_t at_most,
                                   const StopToken& stop) {
  git_revwalk* raw = nullptr;
  check(git_revwalk_new(&raw, git_of(repository)), "walk the history");
  const GitWalk walk(raw);
  // Any sorting reads the whole history first (see walk_log).
  check(git_revwalk_sorting(walk.get(), GIT_SORT_NONE), "walk the history");
  const git_oid start = to_oid(tip);
  check(git_revwalk_push(walk.get(), &start), "walk the history of " + tip.hex());
  std::vector<ObjectId> ids;
  git_oid oid;
  while (ids.size() < at_most) {
    stop.check();
    const int result = git_revwalk_next(&oid, walk.get());
    if (result == GIT_ITEROVER) break;
    check(result, "walk the history");
    ids.push_back(from_oid(oid));
  }
  return ids;
}

std::vector<ObjectId> last_changes(Repository& repository, const ObjectId& tip,
                                   const std::vector<std::string>& paths,
                                   std::uint64_t commits_at_most, const StopToken& stop) {
  struct Waiting {
    Commit commit;
    std::vector<std::size_t> paths;
  };
  // Newest first, so that paths that took different ways to one commit are mostly together again
  // when it is its turn.
  std::map<std::pair<std::int64_t, ObjectId>, Waiting> queue;
  const auto wait_at = [&](Commit commit, const std::vector<std::size_t>& which) {
    const std::pair<std::int64_t, ObjectId> key{-commit.committer.time_s, commit.id};
    Waiting& waiting = queue[key];
    waiting.commit = std::move(commit);
    waiting.paths.insert(waiting.paths.end(), which.begin(), which.end());
  };
  std::vector<std::size_t> all(paths.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<ObjectId> found(paths.size(), tip);
  if (!all.empty()) wait_at(read_commit(repository, tip), all);
  for (std::uint64_t seen = 0; !queue.empty(); ++seen) {
    stop.check();
    const auto newest = queue.begin();
    const Waiting here = std::move(newest->second);
    queue.erase(newest);
    std::vector<std::size_t> left = here.paths;
    for (const std::size_t index : left) found[index] = here.commit.id;
    if (seen >= commits_at_most) continue;
    for (const ObjectId& parent_id : here.commit.parents) {
      if (left.empty()) break;
      auto parent = find_commit(repository, parent_id);
      if (!parent) continue;
      std::vector<Tracked> tracked;
      for (const std::size_t index : left) tracked.push_back({index, paths[index]});
      Comparison comparison(repository);
      comparison.compare(here.commit.tree, parent->tree, tracked);
      if (!comparison.same.empty()) wait_at(std::move(*parent), comparison.same);
      left = std::move(comparison.changed);
    }
  }
  return found;
}

}  // namespace mhub::repo
