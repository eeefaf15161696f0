// The files in the git folder that say what is going on.

#include <mhub/base/atomic_file.hpp>
#include <mhub/repo/merge.hpp>

#include "git_folder_files.hpp"
#include "handle.hpp"

namespace mhub::repo {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kStateFileLimitBytes = 16 << 20;

void write_state_file(Repository& repository, const char* name, std::string_view content) {
  write_file_atomically(real_file_system(), repository.git_folder() / name, as_bytes(content),
                        0666);
}

std::optional<std::string> read_state_file(Repository& repository, const char* name) {
  const fs::path file = repository.git_folder() / name;
  if (!real_file_system().stat(file)) return std::nullopt;
  return std::string(as_text(read_file(real_file_system(), file, kStateFileLimitBytes)));
}

}  // namespace

std::optional<MergeState> read_merge_state(Repository& repository) {
  const auto heads = read_state_file(repository, "MERGE_HEAD");
  if (!heads) return std::nullopt;
  MergeState state;
  state.heads = ids_at_line_starts(*heads);
  state.message = read_state_file(repository, "MERGE_MSG").value_or("");
  if (const auto original = read_state_file(repository, "ORIG_HEAD")) {
    const auto ids = ids_at_line_starts(*original);
    if (!ids.empty()) state.original_head = ids.front();
  }
  state.no_fast_forward = read_state_file(repository, "MERGE_MODE").value_or("") == "no-ff";
  return state;
}

void write_merge_state(Repository& repository, const MergeState& state) {
  repository.flush_objects();
  if (state.original_head) write_original_head(repository, *state.original_head);
  write_state_file(repository, "MERGE_MSG", state.message);
  write_state_file(repository, "MERGE_MODE", state.no_fast_forward ? "no-ff" : "");
  std::string heads;
  for (const ObjectId& head : state.heads) heads += head.hex() + "\n";
  // Last: this is the file that says that a merge is going on.
  write_state_file(repository, "MERGE_HEAD", heads);
}

void clear_merge_state(Repository& repository) {
  for (const char* name : {"MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "MERGE_RR", "AUTO_MERGE"}) {
    real_file_system().remove(repository.git_folder() / name);
  }
}

void write_original_head(Repository& repository, const ObjectId& id) {
  write_state_file(repository, "ORIG_HEAD", id.hex() + "\n");
}

std::string operation_in_progress(Repository& repository) {
  switch (git_repository_state(git_of(repository))) {
    case GIT_REPOSITORY_STATE_REVERT:
    case GIT_REPOSITORY_STATE_REVERT_SEQUENCE:
      return "revert";
    case GIT_REPOSITORY_STATE_CHERRYPICK:
    case GIT_REPOSITORY_STATE_CHERRYPICK_SEQUENCE:
      return "cherry-pick";
    case GIT_REPOSITORY_STATE_BISECT:
      return "bisect";
    case GIT_REPOSITORY_STATE_REBASE:
    case GIT_REPOSITORY_STATE_REBASE_INTERACTIVE:
    case GIT_REPOSITORY_STATE_REBASE_MERGE:
    case GIT_REPOSITORY_STATE_APPLY_MAILBOX:
    case GIT_REPOSITORY_STATE_APPLY_MAILBOX_OR_REBASE:
      return "rebase";
    default:
      return {};
  }
}

}  // namespace mhub::repo
