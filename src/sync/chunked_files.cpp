// A listing is of a commit and a path, and what is to be fetched may come from any commit: so the
// history that was fetched from the hub is searched for commits that hold the wanted pointers at
// their paths. Mostly the first one holds them all. A file that is not found this way comes whole.

#include "chunked_files.hpp"

#include <map>

#include <mhub/remote/hub_files.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

namespace mhub::sync {

namespace {

/// How far back, and how long, files are searched for.
constexpr std::uint64_t kCommitsLimit = 5000;
constexpr std::size_t kLookUpsLimit = std::size_t{1} << 20;

using Wanted = std::vector<const LargeTarget*>;

std::vector<repo::ObjectId> commits_of(repo::Repository& repository,
                                       const std::vector<std::string>& prefixes) {
  std::vector<repo::ObjectId> commits;
  for (const std::string& prefix : prefixes) {
    for (const repo::Ref& ref : repo::list_refs(repository, prefix)) {
      if (ref.target.is_zero()) continue;
      if (const auto commit = repo::peel_to_commit(repository, ref.target))
        commits.push_back(*commit);
    }
  }
  return commits;
}

/// Moves what each commit holds from `wanted` to `found`, newest commits first.
void search(repo::Repository& repository, const repo::LogOptions& options, Wanted& wanted,
            std::map<std::string, Wanted>& found, const Tools& tools) {
  if (options.tips.empty() || wanted.empty()) return;
  std::size_t look_ups = 0;
  repo::walk_log(
      repository, options,
      [&](const repo::Commit& commit) {
        std::erase_if(wanted, [&](const LargeTarget* target) {
          const auto entry = repo::find_in_tree(repository, commit.tree, target->path);
          if (!entry || entry->id != target->blob) return false;
          found[commit.id.hex()].push_back(target);
          return true;
        });
        look_ups += wanted.size();
        return !wanted.empty() && look_ups < kLookUpsLimit;
      },
      tools.stop);
}

}  // namespace

std::unordered_map<Sha256, ChunkedFile> find_chunked_files(
    repo::Repository& repository, HubLink& link, std::span<const LargeTarget* const> targets,
    const Tools& tools) {
  std::unordered_map<Sha256, ChunkedFile> files;
  remote::HubApi* const api = link.hugging_face();
  if (api == nullptr || targets.empty()) return files;

  Wanted wanted(targets.begin(), targets.end());
  std::map<std::string, Wanted> by_commit;
  const std::string tracking =
      link.name().empty() ? "refs/remotes/" : "refs/remotes/" + link.name() + "/";
  repo::LogOptions on_hub;
  on_hub.tips = commits_of(repository, {tracking, "refs/tags/"});
  on_hub.limit = kCommitsLimit;
  search(repository, on_hub, wanted, by_commit, tools);
  // Commits that were fetched without a name, and pull requests in branches.
  repo::LogOptions here;
  here.tips = commits_of(repository, {"refs/heads/"});
  if (const auto head = repository.head().commit) here.tips.push_back(*head);
  here.hidden = on_hub.tips;
  here.limit = kCommitsLimit;
  search(repository, here, wanted, by_commit, tools);

  const wire::RepoName& repo = *link.address().repo;
  for (const auto& [commit, holds] : by_commit) {
    std::vector<std::string> paths;
    for (const LargeTarget* target : holds) paths.push_back(target->path);
    const auto hashes = remote::resolve_xet_hashes(*api, repo, commit, paths);
    for (const LargeTarget* target : holds) {
      const auto hash = hashes.find(target->path);
      if (hash == hashes.end()) continue;
      files.emplace(target->pointer.sha256,
                    ChunkedFile{api->read_token_url(repo, commit), std::nullopt, hash->second});
    }
  }
  return files;
}

}  // namespace mhub::sync
