#pragma once
// What a Repository holds; private to src/repo.

#include <mhub/repo/repository.hpp>

#include "git2.hpp"

namespace mhub::repo {

struct Repository::Handle {
  GitRepo git;
  GitOdb odb;
  std::filesystem::path git_folder;
  std::filesystem::path common_folder;
  std::optional<std::filesystem::path> work_tree;
  std::optional<Config> config;
  std::optional<Signature> reflog_identity;

  /// Settings that are asked for once a file.
  struct Cached {
    bool file_mode = true;     ///< core.fileMode
    bool symlinks = true;      ///< core.symlinks
    bool ignore_case = false;  ///< core.ignoreCase
    bool trust_ctime = true;   ///< core.trustctime
    bool check_stat = true;    ///< core.checkStat is not "minimal"
  };
  std::optional<Cached> cached;
  const Cached& settings();
};

inline git_repository* git_of(Repository& repository) {
  return repository.handle().git.get();
}
inline git_odb* odb_of(Repository& repository) {
  return repository.handle().odb.get();
}

/// A libgit2 signature of `who`.
GitSignature to_git_signature(const Signature& who);
Signature from_git_signature(const git_signature* who);

}  // namespace mhub::repo
