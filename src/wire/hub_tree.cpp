#include <mhub/wire/hub_tree.hpp>

#include "json_reader.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxPathBytes = 4096;
constexpr std::size_t kMaxOidBytes = 64;
constexpr std::size_t kMaxTitleBytes = 64 << 10;
constexpr std::size_t kMaxDateBytes = 64;
// An entry has ten fields, and a hub that describes it at length forty.
constexpr JsonLimits kLimits{.bytes = kTreeMaxBodyBytes, .values = kTreeMaxEntries * 50};

TreeEntry read_entry(const JsonField& field) {
  TreeEntry entry;
  entry.is_folder = field.at("type").text(kMaxOidBytes) == "directory";
  entry.path = field.at("path").text(kMaxPathBytes);
  entry.oid = field.text_or("oid", kMaxOidBytes);
  entry.size_bytes = field.unsigned_or("size", UINT64_MAX >> 1, 0);
  if (const auto lfs = field.find("lfs")) {
    entry.lfs_oid = lfs->at("oid").sha256();
    entry.lfs_size_bytes = lfs->at("size").unsigned_number(UINT64_MAX >> 1);
    entry.pointer_size_bytes = lfs->unsigned_or("pointerSize", 1024, 0);
  }
  if (const auto hash = field.find("xetHash")) entry.xet_hash = hash->xet_hash<xet::FileHash>();
  if (const auto commit = field.find("lastCommit"))
    entry.last_commit = {commit->at("id").text(kMaxOidBytes),
                         commit->text_or("title", kMaxTitleBytes),
                         commit->text_or("date", kMaxDateBytes)};
  return entry;
}

OrderedJson write_entry(const TreeEntry& entry) {
  OrderedJson json = {{"type", entry.is_folder ? "directory" : "file"},
                      {"oid", entry.oid},
                      {"size", entry.size_bytes},
                      {"path", entry.path}};
  if (entry.lfs_oid) {
    json["lfs"] = {{"oid", entry.lfs_oid->hex()},
                   {"size", entry.lfs_size_bytes},
                   {"pointerSize", entry.pointer_size_bytes}};
  }
  if (entry.xet_hash) json["xetHash"] = entry.xet_hash->text();
  if (entry.last_commit) {
    json["lastCommit"] = {{"id", entry.last_commit->id},
                          {"title", entry.last_commit->title},
                          {"date", entry.last_commit->date}};
  }
  return json;
}

}  // namespace

std::vector<TreeEntry> parse_tree(std::string_view json) {
  const Json document = parse_json(json, kLimits, "file listing");
  std::vector<TreeEntry> entries;
  JsonField(document, "file listing").each(kTreeMaxEntries, [&](const JsonField& field) {
    entries.push_back(read_entry(field));
  });
  return entries;
}

std::string to_json(std::span<const TreeEntry> entries) {
  OrderedJson json = OrderedJson::array();
  for (const TreeEntry& entry : entries) json.push_back(write_entry(entry));
  return dump(json);
}

std::string paths_info_request_json(std::span<const std::string> paths) {
  OrderedJson json = {{"paths", OrderedJson::array()}, {"expand", false}};
  for (const std::string& path : paths) json["paths"].push_back(path);
  return dump(json);
}

PathsInfoRequest parse_paths_info_request(std::string_view json) {
  const Json document = parse_json(json, kLimits, "paths-info request");
  const JsonField root(document, "paths-info request");
  PathsInfoRequest request;
  request.expand = root.boolean_or("expand", false);
  root.at("paths").each(kTreeMaxEntries, [&](const JsonField& path) {
    request.paths.push_back(path.text(kMaxPathBytes));
  });
  return request;
}

}  // namespace mhub::wire
