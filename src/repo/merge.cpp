// Merging trees by libgit2, with two things kept from it: pointers are never taken for renames of
// one another (their texts are alike by nature), and never merged as text.

#include <algorithm>

#include <git2/sys/hashsig.h>

#include <mhub/repo/merge.hpp>
#include <mhub/repo/objects.hpp>

#include "handle.hpp"

namespace mhub::repo {

namespace {

using HashSig = CHandle<git_hashsig, git_hashsig_free>;

/// Larger files are not merged line by line.
constexpr std::uint64_t kMergeTextLimitBytes = 16 << 20;

/// What libgit2 compares for renames. Without `content` it is like nothing but itself.
struct Likeness {
  HashSig content;
};

extern "C" {

int likeness_of_buffer(void** out, const git_diff_file*, const char* data, std::size_t size,
                       void*) noexcept {
  try {
    auto likeness = std::make_unique<Likeness>();
    const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
    git_hashsig* raw = nullptr;
    if (!wire::parse_lfs_pointer(bytes) &&
        git_hashsig_create(&raw, data, size, GIT_HASHSIG_SMART_WHITESPACE) == 0)
      likeness->content.reset(raw);
    *out = likeness.release();
    return 0;
  } catch (...) {
    return GIT_ERROR;
  }
}

int likeness_of_file(void** out, const git_diff_file*, const char*, void*) noexcept {
  *out = nullptr;
  return GIT_EBUFS;  // trees are compared, never files
}

void free_likeness(void* likeness, void*) noexcept {
  delete static_cast<Likeness*>(likeness);
}

int compare_likeness(int* score, void* a, void* b, void*) noexcept {
  const auto* left = static_cast<const Likeness*>(a);
  const auto* right = static_cast<const Likeness*>(b);
  *score = 0;
  if (left == nullptr || right == nullptr || !left->content || !right->content) return 0;
  const int result = git_hashsig_compare(left->content.get(), right->content.get());
  if (result < 0) return result;
  *score = result;
  return 0;
}

}  // extern "C"

bool looks_binary(ByteView content) {
  const ByteView head = content.first(std::min<std::size_t>(content.size(), 8000));
  return std::find(head.begin(), head.end(), std::byte{0}) != head.end();
}

PathEntry side_of(const git_index_entry& raw) {
  return {raw.path, static_cast<FileMode>(raw.mode), from_oid(raw.id)};
}

std::vector<IndexConflict> conflicts_of(git_index* index) {
  git_index_conflict_iterator* raw = nullptr;
  check(git_index_conflict_iterator_new(&raw, index), "list the conflicts");
  const GitIndexConflicts iterator(raw);
  std::vector<IndexConflict> conflicts;
  const git_index_entry *base = nullptr, *ours = nullptr, *theirs = nullptr;
  int result = 0;
  while ((result = git_index_conflict_next(&base, &ours, &theirs, raw)) == 0) {
    IndexConflict conflict;
    if (base != nullptr) conflict.base = side_of(*base);
    if (ours != nullptr) conflict.ours = side_of(*ours);
    if (theirs != nullptr) conflict.theirs = side_of(*theirs);
    for (const auto* side : {&conflict.base, &conflict.theirs, &conflict.ours}) {
      if (*side) conflict.path = (*side)->path;
    }
    conflicts.push_back(std::move(conflict));
  }
  if (result != GIT_ITEROVER) check(result, "list the conflicts");
  return conflicts;
}

class Merger {
public:
  Merger(Repository& repository, const std::string& ours_label, const std::string& theirs_label)
      : repository_(repository), ours_label_(ours_label), theirs_label_(theirs_label) {}

  MergeResult finish(GitIndex index) {
    MergeResult result;
    for (IndexConflict& conflict : conflicts_of(index.get())) {
      MergedFile file;
      file.working = working_of(conflict);
      file.conflict = std::move(conflict);
      result.conflicts.push_back(std::move(file));
    }
    for (MergedFile& file : result.conflicts) take_out(index.get(), file.conflict);
    for (MergedFile& file : result.conflicts) {
      if (file.working) put_in(index.get(), *file.working);
    }
    git_oid oid;
    check(git_index_write_tree_to(&oid, index.get(), git_of(repository_)), "write the merged tree");
    result.tree = from_oid(oid);
    return result;
  }

private:
  std::optional<PathEntry> working_of(const IndexConflict& conflict) {
    std::optional<PathEntry> kept = conflict.ours ? conflict.ours : conflict.theirs;
    if (!kept) return std::nullopt;
    kept->path = conflict.path;
    if (!conflict.ours || !conflict.theirs) return kept;
    if (auto merged = merged_text(conflict)) kept->id = *merged;
    return kept;
  }

  /// The blob with conflict markers; nothing if the sides are not texts.
  std::optional<ObjectId> merged_text(const IndexConflict& conflict) {
    Bytes contents[3];
    const std::optional<PathEntry>* sides[3] = {&conflict.base, &conflict.ours, &conflict.theirs};
    for (int i = 0; i < 3; ++i) {
      const auto& side = *sides[i];
      if (!side) continue;
      if (!is_file(side->mode) || read_pointer(repository_, side->id) ||
          object_size(repository_, side->id) > kMergeTextLimitBytes)
        return std::nullopt;
      contents[i] = read_blob(repository_, side->id, kMergeTextLimitBytes);
      if (looks_binary(contents[i])) return std::nullopt;
    }
    git_merge_file_input inputs[3];
    for (int i = 0; i < 3; ++i) {
      check(git_merge_file_input_init(&inputs[i], GIT_MERGE_FILE_INPUT_VERSION), "merge files");
      inputs[i].ptr = reinterpret_cast<const char*>(contents[i].data());
      inputs[i].size = contents[i].size();
      inputs[i].path = conflict.path.c_str();
      inputs[i].mode = static_cast<unsigned int>(FileMode::regular);
    }
    git_merge_file_options options = GIT_MERGE_FILE_OPTIONS_INIT;
    options.our_label = ours_label_.c_str();
    options.their_label = theirs_label_.c_str();
    git_merge_file_result merged{};
    check(git_merge_file(&merged, conflict.base ? &inputs[0] : nullptr, &inputs[1], &inputs[2],
                         &options),
          "merge " + printable(conflict.path));
    const CHandle<git_merge_file_result, git_merge_file_result_free> owner(&merged);
    return write_blob(repository_,
                      ByteView(reinterpret_cast<const std::byte*>(merged.ptr), merged.len));
  }

  static void take_out(git_index* index, const IndexConflict& conflict) {
    for (const auto* side : {&conflict.base, &conflict.ours, &conflict.theirs}) {
      if (!*side) continue;
      for (int stage = 1; stage <= 3; ++stage) {
        git_index_remove(index, (*side)->path.c_str(), stage);
      }
    }
  }

  /// A file that stands where the other side made a folder is put beside it, as git does.
  void put_in(git_index* index, PathEntry& entry) {
    std::size_t position = 0;
    const std::string below = entry.path + "/";
    if (git_index_find_prefix(&position, index, below.c_str()) == 0) entry.path += "~HEAD";
    git_index_entry raw{};
    raw.path = entry.path.c_str();
    raw.mode = static_cast<std::uint32_t>(entry.mode);
    raw.id = to_oid(entry.id);
    check(git_index_add(index, &raw), "merge " + printable(entry.path));
  }

  Repository& repository_;
  const std::string& ours_label_;
  const std::string& theirs_label_;
};

/// libgit2's options, with the comparison for renames above.
class Options {
public:
  Options() {
    metric_.file_signature = likeness_of_file;
    metric_.buffer_signature = likeness_of_buffer;
    metric_.free_signature = free_likeness;
    metric_.similarity = compare_likeness;
    options_.metric = &metric_;
  }
  const git_merge_options* get() const { return &options_; }

private:
  git_diff_similarity_metric metric_{};
  git_merge_options options_ = GIT_MERGE_OPTIONS_INIT;
};

GitCommit commit_of(Repository& repository, const ObjectId& id) {
  const git_oid oid = to_oid(id);
  git_commit* raw = nullptr;
  check(git_commit_lookup(&raw, git_of(repository), &oid), "read commit " + id.hex());
  return GitCommit(raw);
}

GitIndex merged_index(Repository& repository, const ObjectId& ours, const ObjectId& theirs) {
  const GitCommit left = commit_of(repository, ours);
  const GitCommit right = commit_of(repository, theirs);
  const Options options;
  git_index* raw = nullptr;
  check(git_merge_commits(&raw, git_of(repository), left.get(), right.get(), options.get()),
        "merge " + theirs.hex());
  return GitIndex(raw);
}

}  // namespace

MergeAnalysis analyse_merge(Repository& repository, const ObjectId& ours, const ObjectId& theirs) {
  const auto base = merge_base(repository, ours, theirs);
  if (!base) return MergeAnalysis::unrelated;
  if (*base == theirs) return MergeAnalysis::up_to_date;
  if (*base == ours) return MergeAnalysis::fast_forward;
  return MergeAnalysis::normal;
}

MergeResult merge_commits(Repository& repository, const ObjectId& ours, const ObjectId& theirs,
                          const std::string& ours_label, const std::string& theirs_label) {
  return Merger(repository, ours_label, theirs_label)
      .finish(merged_index(repository, ours, theirs));
}

std::vector<std::string> conflicting_paths(Repository& repository, const ObjectId& ours,
                                           const ObjectId& theirs, std::size_t max_count) {
  const GitIndex merged = merged_index(repository, ours, theirs);
  repository.handle().objects->drop();  // files that libgit2 merged
  std::vector<std::string> paths;
  for (IndexConflict& conflict : conflicts_of(merged.get())) {
    if (paths.size() == max_count) break;
    paths.push_back(std::move(conflict.path));
  }
  return paths;
}

void record_conflicts(Index& index, const MergeResult& result) {
  for (const MergedFile& file : result.conflicts) {
    if (file.working && file.working->path != file.conflict.path) index.remove(file.working->path);
    index.set_conflict(file.conflict);
  }
}

}  // namespace mhub::repo
