#include <algorithm>

#include <mhub/wire/hub_info.hpp>

#include "gating_json.hpp"
#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxTags = 1000;
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

bool RepoProperties::has(std::string_view name) const {
  if (!expand.empty()) return std::find(expand.begin(), expand.end(), name) != expand.end();
  if (name == "siblings") return siblings;
  if (name == "cardData") return card;
  if (name == "config") return config;
  if (name == "safetensors") return safetensors;
  return true;
}

std::string to_json(const RepoDescription& repo, const RepoProperties& properties,
                    const EachSibling& each_sibling) {
  OrderedJson json = {{"_id", repo.unique_id}, {"id", repo.id}};
  const auto put = [&](const char* name, OrderedJson value) {
    if (properties.has(name)) json[name] = std::move(value);
  };
  const auto put_text = [&](const char* name, const std::string& text) {
    if (!text.empty()) put(name, text);
  };
  if (repo.type == RepoType::model && properties.expand.empty()) json["modelId"] = repo.id;
  put("author", repo.author);
  put_text("sha", repo.sha);
  put("private", repo.is_private);
  put("gated", gating_json(repo.gating));
  put("disabled", false);
  put("downloads", repo.downloads);
  if (!properties.expand.empty()) put("downloadsAllTime", repo.downloads);
  put("likes", repo.likes);
  put("tags", repo.tags);
  put_text("pipeline_tag", repo.pipeline_tag);
  put_text("library_name", repo.library_name);
  put_text("sdk", repo.sdk);
  put("createdAt", repo.created_at);
  put("lastModified", repo.last_modified);
  if (!repo.parameters.empty()) {
    put("safetensors", {{"parameters", repo.parameters}, {"total", total_of(repo.parameters)}});
  }
  if (repo.used_storage_bytes) put("usedStorage", *repo.used_storage_bytes);
  std::string text = dump(json);
  text.pop_back();
  const auto put_json = [&](std::string_view name, const std::string& value) {
    if (!value.empty() && properties.has(name))
      text.append(",\"").append(name).append("\":").append(value);
  };
  put_json("cardData", repo.card_json);
  put_json("config", repo.config_json);
  if (properties.has("siblings")) {
    // File by file: a tree of all of them would take many times the memory of the text.
    text += ",\"siblings\":[";
    const auto write = [&, is_first = true](const RepoSibling& sibling) mutable {
      if (!is_first) text += ',';
      is_first = false;
      text += dump(write_sibling(sibling));
    };
    if (each_sibling)
      each_sibling(write);
    else
      std::for_each(repo.siblings.begin(), repo.siblings.end(), write);
    text += ']';
  }
  text += '}';
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
  if (const auto gated = root.find("gated")) repo.gating = read_shown_gating(*gated);
  repo.sha = root.text_or("sha", kMaxTextBytes);
  repo.created_at = root.text_or("createdAt", kMaxTextBytes);
  repo.last_modified = root.text_or("lastModified", kMaxTextBytes);
  if (const auto used = root.find("usedStorage"))
    repo.used_storage_bytes = used->unsigned_number(UINT64_MAX >> 1);
  repo.downloads = root.unsigned_or("downloads", UINT64_MAX, 0);
  repo.likes = root.unsigned_or("likes", UINT64_MAX, 0);
  if (const auto tags = root.find("tags")) {
    tags->each(kMaxTags,
               [&](const JsonField& tag) { repo.tags.push_back(tag.text(kMaxTextBytes)); });
  }
  repo.pipeline_tag = root.text_or("pipeline_tag", kMaxTextBytes);
  repo.library_name = root.text_or("library_name", kMaxTextBytes);
  repo.sdk = root.text_or("sdk", kMaxTextBytes);
  if (const auto siblings = root.find("siblings")) {
    siblings->each(kInfoMaxSiblings,
                   [&](const JsonField& field) { repo.siblings.push_back(read_sibling(field)); });
  }
  return repo;
}

}  // namespace mhub::wire
