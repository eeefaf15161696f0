#pragma once
// Files of a repository on a hub, fetched over REST: into the cache that Hugging Face's libraries
// share, or into a folder of the user's. No git repository is involved.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/sync/workspace.hpp>
#include <mhub/wire/repo_name.hpp>

namespace mhub::sync {

/// Patterns as Hugging Face's client takes them, which differ from PathFilter: a pattern is matched
/// against the whole path, `*` and `?` cross slashes, and "folder/" means all below it.
struct NamePatterns {
  std::vector<std::string> include;  ///< none: everything
  std::vector<std::string> exclude;  ///< wins
  bool wants(std::string_view path) const;
};
/// The rule of NamePatterns for one pattern. Pure.
bool name_matches(const std::string& pattern, std::string_view path);

struct DownloadFilesOptions {
  std::string hub_url;  ///< base address, without credentials
  wire::RepoName repo;
  std::string revision = "main";   ///< branch, tag, reference or commit
  std::vector<std::string> files;  ///< "a/b" or, for a whole folder, "a/"; none: all
  NamePatterns patterns;           ///< besides `files`
  std::filesystem::path cache_folder;
  std::optional<std::filesystem::path> local_folder;  ///< instead of the cache; absolute
  bool offline = false;
  bool by_chunks = true;      ///< where the hub offers it
  bool use_symlinks = true;   ///< false: files stand in the cache's snapshots themselves
  bool fetch_anyway = false;  ///< also what is there already
  /// For how long the hub may be silent in one attempt, when it is asked something and when it
  /// sends files; 0: as long as usual.
  std::uint32_t answer_limit_ms = 0;
  std::uint32_t data_limit_ms = 0;
  bool dry_run = false;
};

struct DownloadedFile {
  std::string name;  ///< in the repository
  std::filesystem::path path;
  std::uint64_t size_bytes = 0;
  bool fetched = false;  ///< or would be, in a dry run
};

struct DownloadFilesReport {
  /// The file if just one was named, else the folder that shows the revision's files.
  std::filesystem::path path;
  std::string commit;
  bool hub_was_asked = true;          ///< false: all that is said comes from the disk
  std::vector<DownloadedFile> files;  ///< empty if offline and no listing was kept
  std::uint64_t received_bytes = 0;
  std::uint64_t reused_bytes = 0;  ///< of fetched files, taken from older versions on disk
};

/// Every file stands under its name only once its hash was checked; what an interrupted run got is
/// kept for the next. Other processes, Hugging Face's client among them, may use the same folders
/// at the same time. Throws Error: not_found (repository, revision, file, or not in the cache and
/// offline), denied, network, corrupt (also unsafe names), io, interrupted.
DownloadFilesReport download_files(const Connections& connections,
                                   const DownloadFilesOptions& options, const Tools& tools);

}  // namespace mhub::sync
