#include "hf/files.hpp"

#include "hub.hpp"

namespace mhub::serve {

repo::Repository open_git(const Call& call) {
  return repo::Repository::open(call.hub.folder.repo(call.repo->id));
}

HubFile read_hub_file(repo::Repository& git, const repo::PathEntry& entry) {
  HubFile file;
  file.blob = entry.id;
  file.blob_bytes = repo::object_size(git, entry.id);
  if (repo::is_file(entry.mode) && file.blob_bytes < wire::kLfsPointerLimitBytes) {
    repo::use_blob(git, entry.id, wire::kLfsPointerLimitBytes,
                   [&](ByteView content) { file.pointer = read_loose_pointer(as_text(content)); });
  }
  return file;
}

std::optional<RepoFile> find_held(const Call& call, const HubFile& file) {
  if (!file.pointer) return std::nullopt;
  auto held = call.hub.catalog->find_file(call.repo->id, file.pointer->sha256);
  if (held && held->size_bytes != file.pointer->size_bytes) return std::nullopt;
  return held;
}

wire::TreeEntry tree_entry(const Call& call, repo::Repository& git, repo::PathEntry entry) {
  wire::TreeEntry out;
  out.oid = entry.id.hex();
  if (entry.mode == repo::FileMode::tree) {
    out.is_folder = true;
  } else {
    const HubFile file = read_hub_file(git, entry);
    out.size_bytes = file.size_bytes();
    if (file.pointer) {
      out.lfs_oid = file.pointer->sha256;
      out.lfs_size_bytes = file.pointer->size_bytes;
      out.pointer_size_bytes = file.blob_bytes;
      if (const auto held = find_held(call, file)) out.xet_hash = held->xet_hash;
    }
  }
  out.path = std::move(entry.path);
  return out;
}

std::optional<repo::PathEntry> find_entry(repo::Repository& git, const RevisionPath& where) {
  if (!where.revision.commit || where.path.empty()) return std::nullopt;
  const auto tree = repo::peel_to_tree(git, *where.revision.commit);
  if (!tree) return std::nullopt;
  auto entry = repo::find_in_tree(git, *tree, where.path);
  if (entry && (entry->mode == repo::FileMode::submodule || entry->mode == repo::FileMode::none))
    return std::nullopt;
  return entry;
}

Response no_entry(const Call& call, const Revision& revision) {
  Response response =
      refusal(Face::hub, 404, kErrorEntryNotFound, "Entry not found", *call.request);
  if (revision.commit) response.with(std::string(kRepoCommitHeader), revision.commit->hex());
  return response;
}

}  // namespace mhub::serve
