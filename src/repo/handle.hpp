#pragma once
// What a Repository holds; private to src/repo.

#include <mhub/repo/attributes.hpp>
#include <mhub/repo/repository.hpp>

#include "git2.hpp"
#include "object_buffer.hpp"

namespace mhub::repo {

struct Repository::Handle {
  GitRepo git;
  GitOdb odb;
  ObjectBuffer* objects = nullptr;  ///< owned by `odb`
  std::filesystem::path git_folder;
  std::filesystem::path common_folder;
  std::optional<std::filesystem::path> work_tree;
  std::optional<Config> config;
  std::optional<Signature> reflog_identity;

  ~Handle();

  /// Of the work tree, for line ends; forgotten when a .gitattributes is written. They refer to the
  /// Repository that they were read for, which may have moved.
  std::optional<Attributes> attributes;
  const Repository* attributes_owner = nullptr;

  /// Settings that are asked for once a file.
  struct Cached {
    bool file_mode = true;     ///< core.fileMode
    bool symlinks = true;      ///< core.symlinks
    bool ignore_case = false;  ///< core.ignoreCase
    bool trust_ctime = true;   ///< core.trustctime
    bool auto_crlf = false;    ///< core.autocrlf is "true" or "input"
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
/// The objects, for writing.
inline git_odb* writable_odb_of(Repository& repository) {
  Repository::Handle& handle = repository.handle();
  if (handle.objects->is_full()) handle.objects->flush();
  return handle.odb.get();
}

/// A libgit2 signature of `who`.
GitSignature to_git_signature(const Signature& who);
Signature from_git_signature(const git_signature* who);

}  // namespace mhub::repo
