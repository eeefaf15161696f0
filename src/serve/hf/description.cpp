#include "hf/description.hpp"

#include "hf/files.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {
constexpr std::size_t kExpandAtMost = 100;
}

wire::RepoProperties properties_of(const Request& request) {
  wire::RepoProperties properties;
  properties.expand = request.parameters("expand");
  if (properties.expand.size() > kExpandAtMost)
    throw Refused(400, "expand names too many properties");
  return properties;
}

wire::RepoDescription description_of(const RepoInfo& repo, const RepoFacts& facts,
                                     const RepoCounts& counts) {
  wire::RepoDescription described;
  described.type = repo.name.type;
  described.id = repo.name.id();
  described.unique_id = std::to_string(repo.id);
  described.author = repo.name.owner;
  described.is_private = repo.is_private;
  described.gating = repo.gating;
  described.sha = facts.head;
  described.created_at = timestamp(repo.created_unix_s);
  described.last_modified = timestamp(facts.modified_unix_s);
  described.downloads = counts.downloads;
  described.likes = counts.likes;
  for (const RepoTag& tag : facts.tags) described.tags.push_back(tag.text);
  described.pipeline_tag = facts.pipeline_tag;
  described.library_name = facts.library_name;
  described.sdk = facts.sdk;
  described.card_json = facts.card_json;
  described.config_json = facts.config_json;
  described.parameters = facts.parameters;
  return described;
}

void each_sibling(repo::Repository& git, const repo::ObjectId& commit, bool with_blobs,
                  const std::function<void(const wire::RepoSibling&)>& use) {
  const auto tree = repo::peel_to_tree(git, commit);
  if (!tree) return;
  std::size_t count = 0;
  repo::walk_tree(git, *tree, [&](const repo::PathEntry& entry) {
    if (entry.mode == repo::FileMode::submodule || count == wire::kInfoMaxSiblings) return;
    ++count;
    wire::RepoSibling sibling;
    sibling.path = entry.path;
    if (with_blobs) {
      const HubFile file = read_hub_file(git, entry);
      sibling.blob_id = entry.id.hex();
      sibling.size_bytes = file.size_bytes();
      if (file.pointer) {
        sibling.lfs_oid = file.pointer->sha256;
        sibling.pointer_size_bytes = file.blob_bytes;
      }
    }
    use(sibling);
  });
}

}  // namespace mhub::serve
