#pragma once
// Files and folders of the user's, committed to a repository on a hub over REST. No git repository
// is involved.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <mhub/sync/download_files.hpp>
#include <mhub/sync/workspace.hpp>
#include <mhub/wire/repo_name.hpp>

namespace mhub::sync {

struct UploadFolderOptions {
  std::string hub_url;  ///< base address, without credentials
  wire::RepoName repo;
  /// Absolute. Of a single folder the contents go up; of several paths each under its own name.
  std::vector<std::filesystem::path> paths;
  /// Folder in the repository, or for a single file its name there; empty: the top.
  std::string path_in_repo;
  std::string revision = "main";  ///< a branch, made if missing
  /// Matched against paths below a folder that goes up; a file named by itself always does.
  NamePatterns patterns;
  /// Files below `path_in_repo` that match and are not part of the upload are deleted.
  std::vector<std::string> delete_patterns;
  std::string message;      ///< empty: one is made
  std::string description;  ///< may be empty
  bool as_pull_request = false;
  bool make_private = false;  ///< a repository that has to be made
  /// What a space that has to be made runs on.
  std::string space_sdk = "gradio";
  bool by_chunks = true;  ///< large files, where the hub takes them so; else whole
  /// Where chunks lie on their way, and what is remembered of earlier uploads; one for each
  /// repository on each hub. It may be deleted between uploads.
  std::filesystem::path store_folder;
};

struct UploadFolderReport {
  bool made_repository = false;
  std::string commit;            ///< the new tip; the old one if nothing had changed
  std::string commit_url;        ///< its page
  std::string pull_request_url;  ///< empty unless one was made
  std::uint64_t commits = 0;     ///< made: 0 if nothing had changed
  std::uint64_t files_committed = 0;
  std::uint64_t files_unchanged = 0;
  std::uint64_t files_deleted = 0;
  std::uint64_t files_ignored = 0;  ///< by the repository's .gitignore
  std::uint64_t sent_bytes = 0;
  std::uint64_t new_raw_bytes = 0;    ///< of large files' chunks that the hub did not have
  std::uint64_t known_raw_bytes = 0;  ///< of chunks that it had
};

/// Sends what the hub has not got, then commits. Run again after an interruption it goes on with
/// what was sent. Throws Error: usage (paths, or refused as wrong), not_found, denied, conflict (a
/// file changed while it was read, or others commit all the time), network, corrupt, io,
/// interrupted.
UploadFolderReport upload_folder(const Connections& connections, const UploadFolderOptions& options,
                                 const Tools& tools);

}  // namespace mhub::sync
