#include <algorithm>

#include <mhub/wire/hub_repos.hpp>

#include "commit_file.hpp"
#include "gating_json.hpp"

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxNameBytes = 1024;
constexpr std::size_t kMaxTextBytes = 65536;
constexpr std::size_t kMaxListItems = 10000;
constexpr std::size_t kMaxTags = 1000;
constexpr JsonLimits kMessageLimits{.bytes = kHubMaxBodyBytes, .values = 1000};
constexpr JsonLimits kListLimits{.bytes = kHubMaxBodyBytes, .values = std::size_t{1} << 19};

RepoType read_type(const JsonField& root) {
  const auto field = root.find("type");
  if (!field) return RepoType::model;
  const auto type = parse_repo_type(field->text(kMaxNameBytes));
  if (!type) field->fail("is none of model, dataset, space");
  return *type;
}

std::optional<bool> find_privacy(const JsonField& root) {
  if (const auto visibility = root.find("visibility")) {
    const std::string& text = visibility->text(kMaxNameBytes);
    if (text == "private") return true;
    if (text != "public") visibility->fail("is neither public nor private");
    return false;
  }
  if (const auto flag = root.find("private")) return flag->boolean();
  return std::nullopt;
}

std::string read_space_sdk(const JsonField& root, RepoType type) {
  if (type != RepoType::space) return {};
  std::string sdk = root.text_or("sdk", kMaxNameBytes);
  if (!sdk.empty() && !is_space_sdk(sdk))
    root.at("sdk").fail(fmt::format("is none of {}", fmt::join(kSpaceSdks, ", ")));
  return sdk;
}

std::string read_license(const JsonField& root) {
  std::string license = root.text_or("license", kMaxNameBytes);
  const bool is_plain = std::all_of(license.begin(), license.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
  if (!is_plain) root.at("license").fail("is no name of a license");
  return license;
}

/// Both forms, for hubs that read only one.
void write_privacy(OrderedJson& json, bool is_private) {
  json["visibility"] = is_private ? "private" : "public";
  json["private"] = is_private;
}

RepoListItem read_item(const JsonField& field) {
  RepoListItem item;
  item.id = field.at("id").text(kMaxNameBytes);
  item.unique_id = field.text_or("_id", kMaxNameBytes);
  item.is_private = field.boolean_or("private", false);
  if (const auto gated = field.find("gated")) item.gating = read_shown_gating(*gated);
  item.sha = field.text_or("sha", kMaxNameBytes);
  item.created_at = field.text_or("createdAt", kMaxNameBytes);
  item.last_modified = field.text_or("lastModified", kMaxNameBytes);
  item.downloads = field.unsigned_or("downloads", UINT64_MAX, 0);
  item.likes = field.unsigned_or("likes", UINT64_MAX, 0);
  if (const auto tags = field.find("tags")) {
    tags->each(kMaxTags,
               [&](const JsonField& tag) { item.tags.push_back(tag.text(kMaxNameBytes)); });
  }
  return item;
}

}  // namespace

bool is_space_sdk(std::string_view name) {
  return std::find(kSpaceSdks.begin(), kSpaceSdks.end(), name) != kSpaceSdks.end();
}

CreateRepoRequest parse_create_repo_request(std::string_view json) {
  const Json document = parse_json(json, kMessageLimits, "repository request");
  const JsonField root(document, "repository request");
  const RepoType type = read_type(root);
  CreateRepoRequest request{.type = type,
                            .name = root.at("name").text(kMaxNameBytes),
                            .owner = root.text_or("organization", kMaxNameBytes),
                            .is_private = find_privacy(root).value_or(false),
                            .space_sdk = read_space_sdk(root, type),
                            .initial_commit = root.boolean_or("initialCommit", true),
                            .license = read_license(root)};
  if (const auto files = root.find("files")) {
    files->each(kCreateRepoMaxFiles,
                [&](const JsonField& file) { request.files.push_back(read_commit_file(file)); });
  }
  return request;
}

std::string to_json(const CreateRepoRequest& request) {
  OrderedJson json = {{"name", request.name}};
  if (!request.owner.empty()) json["organization"] = request.owner;
  json["type"] = name_of(request.type);
  write_privacy(json, request.is_private);
  if (!request.space_sdk.empty()) json["sdk"] = request.space_sdk;
  if (!request.initial_commit) json["initialCommit"] = false;
  return dump(json);
}

CreateRepoAnswer parse_create_repo_answer(std::string_view json) {
  const Json document = parse_json(json, kMessageLimits, "repository answer");
  const JsonField root(document, "repository answer");
  return {.url = root.at("url").url(),
          .id = root.text_or("id", kMaxNameBytes),
          .error = root.text_or("error", kMaxTextBytes)};
}

std::string to_json(const CreateRepoAnswer& answer) {
  OrderedJson json;
  if (!answer.error.empty()) json["error"] = answer.error;
  json["url"] = answer.url;
  if (!answer.id.empty()) {
    json["id"] = answer.id;
    json["name"] = answer.id;
  }
  return dump(json);
}

DeleteRepoRequest parse_delete_repo_request(std::string_view json) {
  const Json document = parse_json(json, kMessageLimits, "repository request");
  const JsonField root(document, "repository request");
  return {.type = read_type(root),
          .name = root.at("name").text(kMaxNameBytes),
          .owner = root.text_or("organization", kMaxNameBytes)};
}

std::string to_json(const DeleteRepoRequest& request) {
  OrderedJson json = {{"name", request.name}};
  if (!request.owner.empty()) json["organization"] = request.owner;
  json["type"] = name_of(request.type);
  return dump(json);
}

MoveRepoRequest parse_move_repo_request(std::string_view json) {
  const Json document = parse_json(json, kMessageLimits, "move request");
  const JsonField root(document, "move request");
  return {.type = read_type(root),
          .from = root.at("fromRepo").text(kMaxNameBytes),
          .to = root.at("toRepo").text(kMaxNameBytes)};
}

std::string to_json(const MoveRepoRequest& request) {
  return dump(
      {{"fromRepo", request.from}, {"toRepo", request.to}, {"type", name_of(request.type)}});
}

RepoSettingsRequest parse_repo_settings_request(std::string_view json) {
  const Json document = parse_json(json, kMessageLimits, "settings request");
  const JsonField root(document, "settings request");
  RepoSettingsRequest request{.is_private = find_privacy(root)};
  if (const auto gated = root.find("gated")) request.gating = read_gating(*gated);
  return request;
}

std::string to_json(const RepoSettingsRequest& request) {
  OrderedJson json = OrderedJson::object();
  if (request.is_private) write_privacy(json, *request.is_private);
  if (request.gating) json["gated"] = gating_json(*request.gating);
  return dump(json);
}

std::string to_json(const RepoSettingsAnswer& answer) {
  return dump({{"private", answer.is_private}, {"gated", gating_json(answer.gating)}});
}

DuplicateRepoRequest parse_duplicate_repo_request(std::string_view json) {
  const Json document = parse_json(json, kMessageLimits, "duplicate request");
  const JsonField root(document, "duplicate request");
  return {.to = root.at("repository").text(kMaxNameBytes), .is_private = find_privacy(root)};
}

std::string to_json(const DuplicateRepoRequest& request) {
  OrderedJson json = {{"repository", request.to}};
  if (request.is_private) write_privacy(json, *request.is_private);
  return dump(json);
}

CopyFilesRequest parse_copy_files_request(std::string_view json) {
  constexpr JsonLimits kLimits{.bytes = kHubMaxBodyBytes, .values = 8 * kCopyFilesMax};
  const Json document = parse_json(json, kLimits, "copy request");
  const JsonField root(document, "copy request");
  const JsonField target = root.at("target");
  CopyFilesRequest request{.type = read_type(target), .to = target.at("name").text(kMaxNameBytes)};
  root.at("files").each(kCopyFilesMax, [&](const JsonField& file) {
    request.files.push_back(file.at("sha256").sha256());
  });
  return request;
}

std::string to_json(const CopyFilesAnswer& answer) {
  OrderedJson json;
  json["failed"] = OrderedJson::array();
  for (const CopyFilesAnswer::Failure& failure : answer.failed)
    json["failed"].push_back({{"sha256", failure.file.hex()}, {"error", failure.error}});
  return dump(json);
}

std::vector<RepoListItem> parse_repo_list(std::string_view json) {
  const Json document = parse_json(json, kListLimits, "repository list");
  std::vector<RepoListItem> items;
  JsonField(document, "repository list").each(kMaxListItems, [&](const JsonField& field) {
    items.push_back(read_item(field));
  });
  return items;
}

WhoAmI parse_whoami(std::string_view json) {
  const Json document = parse_json(json, kListLimits, "whoami answer");
  const JsonField root(document, "whoami answer");
  WhoAmI who;
  who.name = root.at("name").text(kMaxNameBytes);
  who.id = root.text_or("id", kMaxNameBytes);
  who.fullname = root.text_or("fullname", kMaxNameBytes);
  who.email = root.text_or("email", kMaxNameBytes);
  if (const auto orgs = root.find("orgs")) {
    orgs->each(kMaxListItems, [&](const JsonField& org) {
      who.orgs.push_back({.name = org.at("name").text(kMaxNameBytes),
                          .role = org.text_or("roleInOrg", kMaxNameBytes)});
    });
  }
  const auto auth = root.find("auth");
  const auto token = auth ? auth->find("accessToken") : std::nullopt;
  if (token) {
    who.token_name = token->text_or("displayName", kMaxNameBytes);
    who.token_role = token->text_or("role", kMaxNameBytes);
    who.token_created_at = token->text_or("createdAt", kMaxNameBytes);
  }
  return who;
}

std::string to_json(const WhoAmI& who) {
  OrderedJson json = {{"type", "user"},
                      {"id", who.id},
                      {"name", who.name},
                      {"fullname", who.fullname.empty() ? who.name : who.fullname}};
  if (!who.email.empty()) {
    json["email"] = who.email;
    json["emailVerified"] = true;
  }
  json["canPay"] = false;
  json["isPro"] = false;
  json["orgs"] = OrderedJson::array();
  for (const WhoAmI::Organisation& org : who.orgs) {
    OrderedJson item = {{"type", "org"}, {"name", org.name}, {"fullname", org.name}};
    if (!org.role.empty()) item["roleInOrg"] = org.role;
    json["orgs"].push_back(std::move(item));
  }
  OrderedJson token = {{"displayName", who.token_name}, {"role", who.token_role}};
  if (!who.token_created_at.empty()) token["createdAt"] = who.token_created_at;
  json["auth"] = {{"type", "access_token"}, {"accessToken", std::move(token)}};
  return dump(json);
}

std::string hub_error_json(std::string_view text) {
  return dump({{"error", text}});
}

}  // namespace mhub::wire
