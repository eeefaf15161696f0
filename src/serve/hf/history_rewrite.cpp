#include "hf/history_rewrite.hpp"

#include <optional>
#include <unordered_map>

#include <mhub/base/error.hpp>
#include <mhub/repo/refs.hpp>

#include "hf/files.hpp"

namespace mhub::serve {

namespace {

/// Folders are looked into once, however many commits have them.
class Rewriter {
public:
  Rewriter(repo::Repository& git, const std::unordered_set<Sha256>& files)
      : git_(git), files_(files) {}

  void rewrite(const repo::Commit& commit) {
    repo::NewCommit rewritten;
    rewritten.tree = without_files(commit.tree);
    bool is_changed = rewritten.tree != commit.tree;
    for (const repo::ObjectId& parent : commit.parents) {
      const auto known = commits_.find(parent);
      rewritten.parents.push_back(known == commits_.end() ? parent : known->second);
      is_changed = is_changed || rewritten.parents.back() != parent;
    }
    if (!is_changed) return;
    rewritten.author = commit.author;
    rewritten.committer = commit.committer;
    rewritten.message = commit.message;
    commits_[commit.id] = repo::write_commit(git_, rewritten);
  }

  /// A commit and its tree for each; folders below are as many again at most, mostly.
  std::size_t written() const { return 2 * commits_.size(); }

  /// What stands for a commit or annotated tag; nothing if it stays.
  std::optional<repo::ObjectId> replacement(const repo::ObjectId& id) {
    if (const auto known = commits_.find(id); known != commits_.end()) return known->second;
    const auto tag = repo::read_tag(git_, id);
    if (!tag) return std::nullopt;
    const auto target = replacement(tag->target);
    if (!target) return std::nullopt;
    return repo::write_tag(git_, tag->name, *target, tag->tagger, tag->message);
  }

private:
  /// Paths below `tree` that point to one of the files.
  const std::vector<std::string>& doomed_below(const repo::ObjectId& tree) {
    if (const auto known = trees_.find(tree); known != trees_.end()) return known->second;
    std::vector<std::string> doomed;
    for (const repo::TreeEntry& entry : repo::read_tree(git_, tree)) {
      if (entry.mode == repo::FileMode::tree) {
        for (const std::string& path : doomed_below(entry.id))
          doomed.push_back(entry.name + "/" + path);
      } else if (repo::is_file(entry.mode) && is_doomed(entry.id)) {
        doomed.push_back(entry.name);
      }
    }
    return trees_[tree] = std::move(doomed);
  }

  bool is_doomed(const repo::ObjectId& blob) {
    const auto [at, is_new] = blobs_.try_emplace(blob, false);
    if (is_new) {
      const auto pointer = read_hub_file(git_, {{}, repo::FileMode::regular, blob}).pointer;
      at->second = pointer && files_.contains(pointer->sha256);
    }
    return at->second;
  }

  repo::ObjectId without_files(const repo::ObjectId& tree) {
    const auto& doomed = doomed_below(tree);
    if (doomed.empty()) return tree;
    std::vector<repo::TreeEdit> edits;
    for (const std::string& path : doomed) edits.push_back({path, repo::FileMode::none, {}});
    return repo::edit_tree(git_, tree, edits);
  }

  repo::Repository& git_;
  const std::unordered_set<Sha256>& files_;
  std::unordered_map<repo::ObjectId, std::vector<std::string>> trees_;
  std::unordered_map<repo::ObjectId, bool> blobs_;
  std::unordered_map<repo::ObjectId, repo::ObjectId> commits_;
};

}  // namespace

std::size_t remove_files_from_history(repo::Repository& git,
                                      const std::unordered_set<Sha256>& files,
                                      const StopToken& stop, std::vector<RefChange>& moved) {
  const auto refs = repo::list_refs(git);
  repo::LogOptions options;
  // Parents before their children.
  options.order = repo::LogOrder::reverse;
  for (const repo::Ref& ref : refs) {
    if (const auto commit = repo::peel_to_commit(git, ref.target)) options.tips.push_back(*commit);
  }
  Rewriter rewriter(git, files);
  if (!options.tips.empty()) {
    repo::walk_log(
        git, options,
        [&](const repo::Commit& commit) {
          rewriter.rewrite(commit);
          return true;
        },
        stop);
  }
  for (const repo::Ref& ref : refs) {
    if (!ref.symbolic_target.empty()) continue;
    const auto target = rewriter.replacement(ref.target);
    if (!target) continue;
    if (!repo::update_ref(git, ref.name, *target, repo::Expected::at(ref.target), "files removed"))
      throw Error(ErrorKind::busy, "{} was changed meanwhile; try again", printable(ref.name));
    moved.push_back({ref.name, ref.target, *target});
  }
  return rewriter.written();
}

}  // namespace mhub::serve
