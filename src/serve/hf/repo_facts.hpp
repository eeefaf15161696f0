#pragma once
// What listings show of repositories (catalog/facts.hpp), worked out from git: when a default
// branch has moved, and on first need for repositories of which nothing is kept yet.

#include <functional>
#include <string_view>

#include <mhub/base/progress.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/store/store.hpp>

#include "catalog/facts.hpp"
#include "data_folder.hpp"

namespace mhub::serve {

/// A hidden tag of spaces that name models or datasets.
inline constexpr std::string_view kLinkedTag = "linked:";

/// From README.md, config.json and the names in the root folder of `commit`; without parameters,
/// which take longer to count. What is too large or faulty counts as missing. Throws Error:
/// corrupt, io, not_found as reading git does.
RepoFacts derive_facts(repo::Repository& git, const RepoInfo& repo, const repo::ObjectId& commit);
/// Of a repository without commits.
RepoFacts facts_without_commits(const RepoInfo& repo);

struct FactsPlace {
  RepoFactsTable& table;
  const DataFolder& folder;
  Catalog& catalog;
  /// What holds large files; asked for where one has to be read.
  std::function<store::Store&()> store;
};

/// Brings what is kept of `repo` up to its default branch. Throws as derive_facts(), and io, busy.
/// Parameters that cannot be counted are not known, which is no error.
void refresh_facts(const FactsPlace& place, const RepoInfo& repo);
/// As refresh_facts(); what goes wrong is logged, since what is told here has happened already.
void refresh_facts_quietly(const FactsPlace& place, const RepoInfo& repo) noexcept;

/// For up to `at_most` repositories of which nothing is kept.
void fill_missing_facts(const FactsPlace& place, std::size_t at_most);
/// For all repositories whose default branch is not where it was when facts were kept: after an
/// upgrade, a crash, or a restore from a backup. Takes about 50 µs a repository that is up to date.
void refresh_stale_facts(const FactsPlace& place, const StopToken& stop);

}  // namespace mhub::serve
