#include <mhub/repo/patch.hpp>

#include "handle.hpp"

namespace mhub::repo {

namespace {

using GitDiff = CHandle<git_diff, git_diff_free>;
using GitPatch = CHandle<git_patch, git_patch_free>;

constexpr git_off_t kTextLimitBytes = 1 << 20;

GitTree tree_at(Repository& repository, const std::optional<ObjectId>& id) {
  if (!id) return {};
  const git_oid oid = to_oid(*id);
  git_tree* raw = nullptr;
  check(git_tree_lookup(&raw, git_of(repository), &oid), "read the tree " + id->hex());
  return GitTree(raw);
}

}  // namespace

PatchText make_patch(Repository& repository, const std::optional<ObjectId>& from,
                     const std::optional<ObjectId>& to, std::size_t limit_bytes) {
  const GitTree before = tree_at(repository, from);
  const GitTree after = tree_at(repository, to);
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.max_size = kTextLimitBytes;
  git_diff* raw_diff = nullptr;
  check(git_diff_tree_to_tree(&raw_diff, git_of(repository), before.get(), after.get(), &options),
        "compare trees");
  const GitDiff diff(raw_diff);

  PatchText patch;
  const std::size_t count = git_diff_num_deltas(diff.get());
  for (std::size_t i = 0; i < count; ++i) {
    git_patch* raw_patch = nullptr;
    check(git_patch_from_diff(&raw_patch, diff.get(), i), "compare files");
    const GitPatch file(raw_patch);
    GitBuf buffer;
    check(git_patch_to_buf(buffer.get(), file.get()), "compare files");
    if (buffer.get()->size > limit_bytes - patch.text.size()) {
      patch.files_left_out = count - i;
      return patch;
    }
    patch.text += buffer.text();
  }
  return patch;
}

}  // namespace mhub::repo
