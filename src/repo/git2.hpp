#pragma once
// libgit2 behind owners and exceptions; nothing outside src/repo includes this.

#include <string>
#include <string_view>

#include <git2.h>

#include <mhub/base/c_handle.hpp>
#include <mhub/base/error.hpp>
#include <mhub/repo/object_id.hpp>

namespace mhub::repo {

using GitRepo = CHandle<git_repository, git_repository_free>;
using GitConfig = CHandle<git_config, git_config_free>;
using GitConfigEntry = CHandle<git_config_entry, git_config_entry_free>;
using GitConfigIterator = CHandle<git_config_iterator, git_config_iterator_free>;
using GitOdb = CHandle<git_odb, git_odb_free>;
using GitOdbObject = CHandle<git_odb_object, git_odb_object_free>;
using GitObject = CHandle<git_object, git_object_free>;
using GitTree = CHandle<git_tree, git_tree_free>;
using GitTreeEntry = CHandle<git_tree_entry, git_tree_entry_free>;
using GitCommit = CHandle<git_commit, git_commit_free>;
using GitTag = CHandle<git_tag, git_tag_free>;
using GitIndex = CHandle<git_index, git_index_free>;
using GitRef = CHandle<git_reference, git_reference_free>;
using GitRefIterator = CHandle<git_reference_iterator, git_reference_iterator_free>;
using GitReflog = CHandle<git_reflog, git_reflog_free>;
using GitTransaction = CHandle<git_transaction, git_transaction_free>;
using GitSignature = CHandle<git_signature, git_signature_free>;
using GitWalk = CHandle<git_revwalk, git_revwalk_free>;
using GitIndexConflicts = CHandle<git_index_conflict_iterator, git_index_conflict_iterator_free>;

/// A buffer that libgit2 fills.
class GitBuf {
public:
  GitBuf() = default;
  ~GitBuf() { git_buf_dispose(&buffer_); }
  GitBuf(const GitBuf&) = delete;
  GitBuf& operator=(const GitBuf&) = delete;
  git_buf* get() { return &buffer_; }
  std::string text() const {
    return buffer_.ptr == nullptr ? std::string() : std::string(buffer_.ptr, buffer_.size);
  }

private:
  git_buf buffer_{};
};

/// Starts libgit2 once for the process, with the settings that mhub needs.
void start_libgit2();

/// The Error for libgit2's last failure, with kind by its code and class.
[[nodiscard]] Error git_failure(int code, std::string_view doing);

/// Throws if `code` is a failure. `doing` reads like "read the index".
inline void check(int code, std::string_view doing) {
  if (code < 0) throw git_failure(code, doing);
}

git_oid to_oid(const ObjectId& id);
ObjectId from_oid(const git_oid& oid);

/// `path` or another text from outside as a C string; throws Error: usage if it holds a NUL.
const char* c_text(const std::string& text);

}  // namespace mhub::repo
