#include <mhub/wire/tree_cache.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::uint64_t kFormatVersion = 1;
constexpr std::size_t kMaxOidBytes = 64;
constexpr JsonLimits kLimits{.bytes = kTreeCacheMaxBytes, .values = kTreeCacheMaxFiles * 10};

}  // namespace

std::optional<std::vector<TreeEntry>> parse_tree_cache(std::string_view json) {
  const Json document = parse_json(json, kLimits, "kept file listing");
  const JsonField root(document, "kept file listing");
  if (root.unsigned_or("format_version", UINT64_MAX >> 1, 0) != kFormatVersion) return std::nullopt;
  std::vector<TreeEntry> entries;
  root.at("files").each_member(
      kTreeCacheMaxFiles, [&](const std::string& path, const JsonField& field) {
        TreeEntry entry;
        entry.path = path;
        entry.size_bytes = field.at("size").unsigned_number(UINT64_MAX >> 1);
        entry.oid = field.at("blob_id").text(kMaxOidBytes);
        if (const auto lfs = field.find("lfs_sha256")) {
          entry.lfs_oid = lfs->sha256();
          entry.lfs_size_bytes = field.unsigned_or("lfs_size", UINT64_MAX >> 1, entry.size_bytes);
        }
        if (const auto hash = field.find("xet_hash"))
          entry.xet_hash = hash->xet_hash<xet::FileHash>();
        entries.push_back(std::move(entry));
      });
  return entries;
}

std::string tree_cache_json(std::span<const TreeEntry> entries) {
  Json files = Json::object();  // sorted, and quick however many
  for (const TreeEntry& entry : entries) {
    if (entry.is_folder) continue;
    Json& file = files[entry.path];
    file = {{"size", entry.size_bytes}, {"blob_id", entry.oid}};
    if (entry.lfs_oid) {
      file["lfs_sha256"] = entry.lfs_oid->hex();
      file["lfs_size"] = entry.lfs_size_bytes;
    }
    if (entry.xet_hash) file["xet_hash"] = entry.xet_hash->text();
  }
  Json json = {{"format_version", kFormatVersion}};
  json["files"] = std::move(files);
  // Not dump(), whose other kind of JSON would be a copy of it all.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mhub::wire
