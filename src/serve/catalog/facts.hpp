#pragma once
// What listings show and search of repositories: the state of the default branch and what its card
// says, kept when the branch moves so that no listing reads git; and counts.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mhub/sqlite/database.hpp>
#include <mhub/wire/safetensors.hpp>

#include "catalog/catalog.hpp"

namespace mhub::serve {

/// By which a repository is found.
struct RepoTag {
  std::string kind;  ///< "license", "language", "library" …; "other" for plain ones
  std::string text;  ///< as it is shown and searched
  bool is_shown = true;
  bool operator==(const RepoTag&) const = default;
};

struct RepoFacts {
  std::string head;  ///< commit of the default branch, hexadecimal; empty without commits
  std::int64_t modified_unix_s = 0;
  std::string pipeline_tag;  ///< may be empty, as what follows
  std::string library_name;
  std::string sdk;
  std::string card_json;
  std::string config_json;
  std::vector<RepoTag> tags;
  wire::ParameterCounts parameters;  ///< of a model; empty if they are not known
  std::string weights;               ///< names the files that they were counted in
  bool operator==(const RepoFacts&) const = default;
};

enum class RepoOrder { id, name, modified, likes, downloads };

struct ListingFilter {
  wire::RepoType type = wire::RepoType::model;
  std::string owner;                ///< any case; empty: all
  std::vector<std::string> search;  ///< parts of the id, any case; all must be there
  std::vector<std::string> tags;    ///< any case; all must be there
  std::optional<bool> is_gated;
  /// How many parameters in all, at most INT64_MAX; asked for, it leaves out what is not known.
  std::optional<std::uint64_t> parameters_at_least;
  std::optional<std::uint64_t> parameters_at_most;
  RepoOrder order = RepoOrder::id;
  bool descending = false;
  std::size_t limit = 500;
  std::size_t text_bytes_at_most = std::size_t{8} << 20;  ///< of cards and configs of one page
  bool with_card = false;
  bool with_config = false;
  std::string cursor;  ///< of the last one of the page before
};

struct ListedRepo {
  RepoInfo repo;
  RepoFacts facts;  ///< shown tags alone; card and config if asked for; not `weights`
  std::uint64_t likes = 0;
  std::uint64_t downloads = 0;
  std::string cursor;
};
struct ListingPage {
  std::vector<ListedRepo> repos;
  bool has_more = false;
};

/// What a repository's large files weigh.
struct StoredRepo {
  RepoInfo repo;
  std::int64_t modified_unix_s = 0;
  std::uint64_t size_bytes = 0;
};
struct StoragePage {
  std::vector<StoredRepo> repos;
  bool has_more = false;
  std::uint64_t total_bytes = 0;  ///< of all pages' repositories
};

struct RepoCounts {
  std::uint64_t likes = 0;
  std::uint64_t downloads = 0;
};
struct DownloadCount {
  std::int64_t repo_id = 0;
  std::uint64_t count = 0;
};

/// Threads may share it. Throws Error: io, corrupt, busy.
class RepoFactsTable {
public:
  virtual ~RepoFactsTable() = default;

  /// Nothing is kept for a repository that is gone meanwhile.
  virtual void put(std::int64_t repo, const RepoFacts& facts) = 0;
  /// With the shown tags alone.
  virtual std::optional<RepoFacts> find(std::int64_t repo) = 0;
  /// Repositories above `after_id`, in order of id, and which commit is kept for each: nothing
  /// where nothing is, or what an older version kept lacks something.
  struct Kept {
    std::int64_t repo_id = 0;
    std::optional<std::string> head;
  };
  virtual std::vector<Kept> kept_heads(std::int64_t after_id, std::size_t limit) = 0;
  virtual std::vector<std::int64_t> repos_without(std::size_t limit) = 0;

  /// What `viewer` may read. Throws Error: usage for a cursor that is none.
  virtual ListingPage list(const Viewer& viewer, const ListingFilter& filter) = 0;
  /// Shown tags of one type's repositories that `viewer` may read, each once, by kind and text.
  virtual std::vector<RepoTag> list_tags(const Viewer& viewer, wire::RepoType type,
                                         std::size_t limit) = 0;

  /// The repositories of a namespace (any case) that `viewer` may see, above `after_id`, in order
  /// of id.
  virtual StoragePage list_storage(const Viewer& viewer, const std::string& owner,
                                   std::int64_t after_id, std::size_t limit) = 0;

  virtual RepoCounts counts(std::int64_t repo) = 0;
  virtual void add_downloads(const std::vector<DownloadCount>& counts) = 0;
};

std::unique_ptr<RepoFactsTable> sqlite_facts(std::shared_ptr<sqlite::Database> database);

}  // namespace mhub::serve
