// Commits and history.

#include <algorithm>
#include <utility>

#include <mhub/repo/objects.hpp>

#include "handle.hpp"

namespace mhub::repo {

namespace {

GitCommit lookup(Repository& repository, const ObjectId& id) {
  const git_oid oid = to_oid(id);
  git_commit* raw = nullptr;
  const int result = git_commit_lookup(&raw, git_of(repository), &oid);
  if (result == GIT_ENOTFOUND)
    throw Error(ErrorKind::not_found, "commit {} does not exist", id.hex());
  check(result, "read commit " + id.hex());
  return GitCommit(raw);
}

Commit to_commit(const git_commit* raw) {
  Commit commit;
  commit.id = from_oid(*git_commit_id(raw));
  commit.tree = from_oid(*git_commit_tree_id(raw));
  for (unsigned int i = 0; i < git_commit_parentcount(raw); ++i) {
    commit.parents.push_back(from_oid(*git_commit_parent_id(raw, i)));
  }
  commit.author = from_git_signature(git_commit_author(raw));
  commit.committer = from_git_signature(git_commit_committer(raw));
  const char* message = git_commit_message(raw);
  commit.message = message != nullptr ? message : "";
  return commit;
}

/// True if `commit` changes one of `paths` against its first parent (a merge: against all parents).
bool touches(Repository& repository, const Commit& commit, const std::vector<std::string>& paths) {
  const auto state_of = [&](const ObjectId& tree) {
    std::vector<std::optional<PathEntry>> found;
    for (const std::string& path : paths) {
      found.push_back(path.empty() ? PathEntry{"", FileMode::tree, tree}
                                   : find_in_tree(repository, tree, path));
    }
    return found;
  };
  const auto mine = state_of(commit.tree);
  if (commit.parents.empty()) {
    for (const auto& entry : mine) {
      if (entry) return true;
    }
    return false;
  }
  for (const ObjectId& parent : commit.parents) {
    if (state_of(read_commit(repository, parent).tree) == mine) return false;
  }
  return true;
}

/// A walk without sorting takes the tips in the order in which they were pushed, and looks for the
/// newest among their parents alone.
std::vector<ObjectId> newest_first(Repository& repository, const std::vector<ObjectId>& tips) {
  if (tips.size() < 2) return tips;
  std::vector<std::pair<std::int64_t, ObjectId>> dated;
  for (const ObjectId& tip : tips) {
    const ObjectId commit = peel_to_commit(repository, tip).value_or(tip);
    dated.emplace_back(read_commit(repository, commit).committer.time_s, commit);
  }
  std::stable_sort(dated.begin(), dated.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<ObjectId> sorted;
  for (const auto& [time_s, commit] : dated) sorted.push_back(commit);
  return sorted;
}

}  // namespace

std::string_view Commit::summary() const {
  const std::string_view text = message;
  return text.substr(0, text.find('\n'));
}

Commit read_commit(Repository& repository, const ObjectId& id) {
  return to_commit(lookup(repository, id).get());
}

std::optional<Commit> find_commit(Repository& repository, const ObjectId& id) {
  if (object_type(repository, id) != ObjectType::commit) return std::nullopt;
  return read_commit(repository, id);
}

std::optional<ObjectId> head_tree(Repository& repository) {
  const HeadState head = repository.head();
  if (!head.commit) return std::nullopt;
  return read_commit(repository, *head.commit).tree;
}

ObjectId write_commit(Repository& repository, const NewCommit& commit) {
  const GitSignature author = to_git_signature(commit.author);
  const GitSignature committer = to_git_signature(commit.committer);
  const git_oid tree_oid = to_oid(commit.tree);
  git_tree* raw_tree = nullptr;
  check(git_tree_lookup(&raw_tree, git_of(repository), &tree_oid),
        "read tree " + commit.tree.hex());
  const GitTree tree(raw_tree);
  std::vector<GitCommit> parents;
  std::vector<const git_commit*> pointers;
  for (const ObjectId& parent : commit.parents) {
    parents.push_back(lookup(repository, parent));
    pointers.push_back(parents.back().get());
  }
  git_oid oid;
  check(git_commit_create(&oid, git_of(repository), nullptr, author.get(), committer.get(), nullptr,
                          c_text(commit.message), tree.get(), pointers.size(), pointers.data()),
        "write a commit");
  return from_oid(oid);
}

std::string clean_message(std::string_view message) {
  std::string out;
  std::size_t empty_lines = 0;
  while (!message.empty()) {
    std::string_view line = message.substr(0, message.find('\n'));
    message.remove_prefix(std::min(message.size(), line.size() + 1));
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r'))
      line.remove_suffix(1);
    if (line.empty()) {
      ++empty_lines;
      continue;
    }
    if (!out.empty() && empty_lines > 0) out += '\n';
    empty_lines = 0;
    out.append(line);
    out += '\n';
  }
  return out;
}

void walk_log(Repository& repository, const LogOptions& options,
              const std::function<bool(const Commit&)>& visit, const StopToken& stop) {
  git_revwalk* raw = nullptr;
  check(git_revwalk_new(&raw, git_of(repository)), "walk the history");
  const GitWalk walk(raw);
  // Without sorting libgit2 takes the newest of the commits whose child was shown, and reads no
  // further than it is asked. Any sorting reads everything first, and that by time alone mixes the
  // commits of one second, parents before their children.
  unsigned int sorting = GIT_SORT_NONE;
  if (options.order == LogOrder::topological) sorting = GIT_SORT_TOPOLOGICAL;
  if (options.order == LogOrder::reverse) sorting = GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME;
  check(git_revwalk_sorting(walk.get(), sorting), "walk the history");
  if (options.first_parent)
    check(git_revwalk_simplify_first_parent(walk.get()), "walk the history");
  for (const ObjectId& tip : newest_first(repository, options.tips)) {
    const git_oid oid = to_oid(tip);
    check(git_revwalk_push(walk.get(), &oid), "walk the history of " + tip.hex());
  }
  for (const ObjectId& hidden : options.hidden) {
    const git_oid oid = to_oid(hidden);
    check(git_revwalk_hide(walk.get(), &oid), "leave out the history of " + hidden.hex());
  }

  std::uint64_t left = options.limit;
  std::vector<ObjectId> held;  // only filled for LogOrder::reverse
  git_oid oid;
  while (left > 0) {
    stop.check();
    const int result = git_revwalk_next(&oid, walk.get());
    if (result == GIT_ITEROVER) break;
    check(result, "walk the history");
    const Commit commit = read_commit(repository, from_oid(oid));
    if (!options.paths.empty() && !touches(repository, commit, options.paths)) continue;
    --left;
    if (options.order == LogOrder::reverse) {
      held.push_back(commit.id);
    } else if (!visit(commit)) {
      return;
    }
  }
  for (auto id = held.rbegin(); id != held.rend(); ++id) {
    stop.check();
    if (!visit(read_commit(repository, *id))) return;
  }
}

std::optional<ObjectId> merge_base(Repository& repository, const ObjectId& a, const ObjectId& b) {
  const git_oid one = to_oid(a);
  const git_oid two = to_oid(b);
  git_oid base;
  const int result = git_merge_base(&base, git_of(repository), &one, &two);
  if (result == GIT_ENOTFOUND) return std::nullopt;
  check(result, "find the merge base of " + a.hex() + " and " + b.hex());
  return from_oid(base);
}

bool is_ancestor(Repository& repository, const ObjectId& ancestor, const ObjectId& descendant) {
  if (ancestor == descendant) return true;
  const git_oid one = to_oid(descendant);
  const git_oid two = to_oid(ancestor);
  const int result = git_graph_descendant_of(git_of(repository), &one, &two);
  check(result, "compare the histories of " + ancestor.hex() + " and " + descendant.hex());
  return result == 1;
}

AheadBehind ahead_behind(Repository& repository, const ObjectId& local, const ObjectId& upstream) {
  const git_oid one = to_oid(local);
  const git_oid two = to_oid(upstream);
  AheadBehind counts;
  check(git_graph_ahead_behind(&counts.ahead, &counts.behind, git_of(repository), &one, &two),
        "compare the histories of " + local.hex() + " and " + upstream.hex());
  return counts;
}

}  // namespace mhub::repo
