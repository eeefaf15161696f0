#include <algorithm>

#include <mhub/wire/hub_info.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr JsonLimits kLimits{.bytes = kInfoMaxBodyBytes, .values = kInfoMaxSiblings * 20};

OrderedJson write_sibling(const RepoSibling& sibling) {
  OrderedJson json = {{"rfilename", sibling.path}};
  if (!sibling.blob_id.empty()) json["blobId"] = sibling.blob_id;
  if (sibling.size_bytes) json["size"] = *sibling.size_bytes;
  if (sibling.lfs_oid) {
    json["lfs"] = {{"sha256", sibling.lfs_oid->hex()},
                   {"size", sibling.size_bytes.value_or(0)},
                   {"pointerSize", sibling.pointer_size_bytes}};
  }
  return json;
}

RepoSibling read_sibling(const JsonField& field) {
  RepoSibling sibling;
  sibling.path = field.at("rfilename").text(kMaxTextBytes);
  sibling.blob_id = field.text_or("blobId", kMaxTextBytes);
  if (const auto size = field.find("size"))
    sibling.size_bytes = size->unsigned_number(UINT64_MAX >> 1);
  if (const auto lfs = field.find("lfs")) {
    sibling.lfs_oid = lfs->at("sha256").sha256();
    sibling.size_bytes = lfs->at("size").unsigned_number(UINT64_MAX >> 1);
    sibling.pointer_size_bytes = lfs->unsigned_or("pointerSize", 1024, 0);
  }
  return sibling;
}

}  // namespace

std::string to_json(const RepoDescription& repo, std::span<const std::string> expand) {
  const auto is_wanted = [&](std::string_view name) {
    return expand.empty() || std::find(expand.begin(), expand.end(), name) != expand.end();
  };
  OrderedJson json = {{"_id", repo.unique_id}, {"id", repo.id}};
  const auto put = [&](const char* name, OrderedJson value) {
    if (is_wanted(name)) json[name] = std::move(value);
  };
  if (repo.type == RepoType::model && expand.empty()) json["modelId"] = repo.id;
  put("author", repo.author);
  if (!repo.sha.empty()) put("sha", repo.sha);
  put("private", repo.is_private);
  put("gated", false);
  put("disabled", false);
  put("downloads", 0);
  put("likes", 0);
  put("tags", OrderedJson::array());
  put("createdAt", repo.created_at);
  put("lastModified", repo.last_modified);
  if (repo.used_storage_bytes) put("usedStorage", *repo.used_storage_bytes);
  std::string text = dump(json);
  if (!is_wanted("siblings")) return text;
  // File by file: a tree of all of them would take many times the memory of the text.
  text.pop_back();
  text += ",\"siblings\":[";
  bool is_first = true;
  for (const RepoSibling& sibling : repo.siblings) {
    if (!is_first) text += ',';
    is_first = false;
    text += dump(write_sibling(sibling));
  }
  text += "]}";
  return text;
}

RepoDescription parse_repo_description(std::string_view json, RepoType type) {
  const Json document = parse_json(json, kLimits, "repository description");
  const JsonField root(document, "repository description");
  RepoDescription repo;
  repo.type = type;
  repo.id = root.at("id").text(kMaxTextBytes);
  repo.unique_id = root.text_or("_id", kMaxTextBytes);
  repo.author = root.text_or("author", kMaxTextBytes);
  repo.is_private = root.boolean_or("private", false);
  repo.sha = root.text_or("sha", kMaxTextBytes);
  repo.created_at = root.text_or("createdAt", kMaxTextBytes);
  repo.last_modified = root.text_or("lastModified", kMaxTextBytes);
  if (const auto used = root.find("usedStorage"))
    repo.used_storage_bytes = used->unsigned_number(UINT64_MAX >> 1);
  if (const auto siblings = root.find("siblings")) {
    siblings->each(kInfoMaxSiblings,
                   [&](const JsonField& field) { repo.siblings.push_back(read_sibling(field)); });
  }
  return repo;
}

}  // namespace mhub::wire
