#include "history.hpp"

#include <algorithm>

#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

namespace mhub::sync {

namespace {

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

}  // namespace

std::vector<FsckReport::AffectedFile> locate_in_history(Workspace& workspace,
                                                        const std::vector<Sha256>& files,
                                                        const Tools& tools) {
  repo::Repository& repository = workspace.repository();
  std::unordered_map<Sha256, std::size_t> wanted;
  std::vector<FsckReport::AffectedFile> located;
  for (const Sha256& sha256 : files) {
    if (wanted.emplace(sha256, located.size()).second) located.push_back({sha256, {}, {}});
  }
  if (located.empty()) return located;

  repo::LogOptions log;
  for (const repo::Ref& ref : repo::list_refs(repository)) {
    if (const auto commit = repo::peel_to_commit(repository, ref.target))
      log.tips.push_back(*commit);
  }
  if (const auto head = repository.head().commit) log.tips.push_back(*head);
  // A pointer blob is read once however many commits carry it.
  std::unordered_map<repo::ObjectId, std::optional<Sha256>> pointers;
  repo::walk_log(
      repository, log,
      [&](const repo::Commit& commit) {
        const auto before = commit.parents.empty()
                                ? std::nullopt
                                : repo::peel_to_tree(repository, commit.parents.front());
        for (const repo::TreeChange& change : repo::diff_trees(repository, before, commit.tree)) {
          if (change.new_id.is_zero() || !repo::is_file(change.new_mode)) continue;
          const auto [it, is_new] = pointers.try_emplace(change.new_id);
          if (is_new) {
            if (const auto pointer = repo::read_pointer(repository, change.new_id))
              it->second = pointer->sha256;
          }
          if (!it->second) continue;
          const auto found = wanted.find(*it->second);
          if (found == wanted.end()) continue;
          FsckReport::AffectedFile& file = located[found->second];
          add_once(file.paths, change.path);
          if (file.commits.size() < kCommitsNamed) file.commits.push_back(commit.id.hex());
        }
        return true;
      },
      tools.stop);
  return located;
}

}  // namespace mhub::sync
