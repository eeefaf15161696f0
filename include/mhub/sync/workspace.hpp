#pragma once
// A working repository: git on one side, the chunk store on the other, and how the caller wants to
// hear of what happens.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mhub/base/progress.hpp>
#include <mhub/net/http_client.hpp>
#include <mhub/store/store.hpp>

namespace mhub::repo {
class Repository;
}
namespace mhub::remote {
class CredentialStore;
}

namespace mhub::sync {

/// What every long operation is given; all of it outlives the call.
struct Tools {
  Progress& progress = silent_progress();
  const StopToken& stop = never_stopped();
  unsigned jobs = 0;  ///< 0: one per core
};

/// What talking to hubs takes. The CLI fills it from git config and the environment.
struct Connections {
  net::HttpClient& http;
  remote::CredentialStore& credentials;
  std::string default_hub;  ///< base URL for `ns/name`; empty: Hugging Face
  std::string hf_endpoint;  ///< base URL for `hf:ns/name`; empty: Hugging Face
};

/// An opened repository with its store. One thread at a time.
class Workspace {
public:
  /// Finds the repository that holds `start` and opens it. The store is `store_folder` if given
  /// (from MHUB_STORE), else `mhub.store` of git config, else <git dir>/mhub, and is opened on
  /// first use. Throws Error: not_found (no repository; hint), and what opening throws.
  static Workspace open(const std::filesystem::path& start,
                        std::optional<std::filesystem::path> store_folder = {}, unsigned jobs = 0);
  /// Wraps a repository that was just made.
  Workspace(std::unique_ptr<repo::Repository> repository,
            std::optional<std::filesystem::path> store_folder, unsigned jobs);
  Workspace(Workspace&&) noexcept;
  ~Workspace();

  repo::Repository& repository() { return *repository_; }
  store::Store& store();
  const std::filesystem::path& store_folder() const { return store_folder_; }
  /// The work tree's root. Throws Error: usage for a bare repository.
  std::filesystem::path root() const;

private:
  std::unique_ptr<repo::Repository> repository_;
  std::filesystem::path store_folder_;
  unsigned jobs_ = 0;
  std::unique_ptr<store::Store> store_;
};

/// --include and --exclude: which large files are wanted. A pattern without a slash matches the
/// file name at any depth, one with a slash the whole path; `*` stays within a segment, `**`
/// crosses. Exclusion wins; no --include means all.
struct PathFilter {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  bool wants(std::string_view path) const;
};

/// The rule of PathFilter for one pattern. Pure.
bool glob_matches(std::string_view pattern, std::string_view path);

}  // namespace mhub::sync
