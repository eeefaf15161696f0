#include "hf/first_commit.hpp"

#include <string_view>

#include <mhub/repo/refs.hpp>

#include "git/pointer_walk.hpp"
#include "hf/tree_plan.hpp"
#include "hf/write_target.hpp"

namespace mhub::serve {

namespace {

constexpr std::string_view kLargeTail = " filter=lfs diff=lfs merge=lfs -text\n";

constexpr std::string_view kUntilLfs[] = {"*.7z",  "*.arrow", "*.bin", "*.bz2",    "*.ckpt",
                                          "*.ftz", "*.gz",    "*.h5",  "*.joblib", "*.lfs.*"};
constexpr std::string_view kDatasetsOnly[] = {"*.lz4", "*.mds"};
constexpr std::string_view kFromMlmodel[] = {
    "*.mlmodel", "*.model",  "*.msgpack",     "*.npy",
    "*.npz",     "*.onnx",   "*.ot",          "*.parquet",
    "*.pb",      "*.pickle", "*.pkl",         "*.pt",
    "*.pth",     "*.rar",    "*.safetensors", "saved_model/**/*",
    "*.tar.*",   "*.tar",    "*.tflite",      "*.tgz",
    "*.wasm",    "*.xz",     "*.zip",         "*.zst",
    "*tfevents*"};

struct Group {
  std::string_view comment;
  std::initializer_list<std::string_view> patterns;
};

void add(std::string& text, std::string_view pattern) {
  text.append(pattern).append(kLargeTail);
}

void add_media(std::string& text) {
  const Group groups[] = {
      {"# Audio files - uncompressed\n", {"*.pcm", "*.sam", "*.raw"}},
      {"# Audio files - compressed\n", {"*.aac", "*.flac", "*.mp3", "*.ogg", "*.wav"}},
      {"# Image files - uncompressed\n", {"*.bmp", "*.gif", "*.png", "*.tiff"}},
      {"# Image files - compressed\n", {"*.jpg", "*.jpeg", "*.webp"}},
      {"# Video files - compressed\n", {"*.mp4", "*.webm"}}};
  for (const Group& group : groups) {
    text.append(group.comment);
    for (const std::string_view pattern : group.patterns) add(text, pattern);
  }
}

}  // namespace

std::string first_gitattributes(wire::RepoType type) {
  const bool is_dataset = type == wire::RepoType::dataset;
  std::string text;
  for (const std::string_view pattern : kUntilLfs) add(text, pattern);
  if (is_dataset) {
    for (const std::string_view pattern : kDatasetsOnly) add(text, pattern);
  }
  for (const std::string_view pattern : kFromMlmodel) add(text, pattern);
  if (is_dataset) add_media(text);
  return text;
}

repo::ObjectId first_tree(repo::Repository& repository, wire::RepoType type) {
  const auto blob = repo::write_blob(repository, as_bytes(first_gitattributes(type)));
  return repo::edit_tree(repository, std::nullopt,
                         {{".gitattributes", repo::FileMode::regular, blob}});
}

repo::ObjectId first_tree(repo::Repository& repository, const wire::CreateRepoRequest& request) {
  TreePlan plan(repository, first_tree(repository, request.type));
  if (!request.license.empty()) {
    const std::string card = "---\nlicense: " + request.license + "\n---\n";
    plan.put("README.md", repo::write_blob(repository, as_bytes(card)));
  }
  for (const wire::CommitFile& file : request.files) {
    require_path(file.path);
    if (read_loose_pointer(as_text(file.content)))
      throw Refused(422, "a new repository holds no large files yet; commit " +
                             printable(file.path) + " afterwards");
    plan.put(file.path, repo::write_blob(repository, file.content));
  }
  return plan.write();
}

repo::ObjectId make_first_commit(repo::Repository& repository, const repo::ObjectId& tree,
                                 const repo::Signature& who) {
  repo::NewCommit commit;
  commit.tree = tree;
  commit.author = commit.committer = who;
  commit.message = "initial commit\n";
  const auto id = repo::write_commit(repository, commit);
  if (repo::update_ref(repository, std::string(kMainRef), id, repo::Expected::none(), "begin"))
    return id;
  const auto other = repo::find_ref(repository, std::string(kMainRef));
  if (!other) throw Error(ErrorKind::busy, "the default branch is being changed");
  return other->target;
}

}  // namespace mhub::serve
