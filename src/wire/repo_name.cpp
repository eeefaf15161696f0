#include <algorithm>
#include <array>

#include <mhub/base/error.hpp>
#include <mhub/base/text.hpp>
#include <mhub/wire/repo_name.hpp>

namespace mhub::wire {
namespace {

constexpr std::size_t kMaxPartBytes = 96;

constexpr std::array<std::string_view, 20> kReservedNamespaces{
    "api",    "collections", "buckets", "datasets", "docs",          "health", "join",  "kernels",
    "login",  "models",      "new",     "oauth",    "organizations", "papers", "posts", "settings",
    "spaces", "static",      "v1",      "v2"};
constexpr std::array<std::string_view, 9> kReservedRepoNames{
    "blob", "commit", "commits", "discussions", "info", "raw", "resolve", "settings", "tree"};

struct TypeNames {
  RepoType type;
  std::string_view name;
  std::string_view plural;
  std::string_view prefix;
};
constexpr std::array<TypeNames, 3> kTypes{{{RepoType::model, "model", "models", ""},
                                           {RepoType::dataset, "dataset", "datasets", "datasets/"},
                                           {RepoType::space, "space", "spaces", "spaces/"}}};

const TypeNames& names_of(RepoType type) {
  const auto* it = std::ranges::find(kTypes, type, &TypeNames::type);
  MHUB_ASSERT(it != kTypes.end());
  return *it;
}

/// Takes the prefix of a type off `path`.
RepoType take_type(std::string_view& path) {
  for (const TypeNames& names : kTypes) {
    if (names.prefix.empty() || !path.starts_with(names.prefix)) continue;
    path.remove_prefix(names.prefix.size());
    return names.type;
  }
  return RepoType::model;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::string_view name_of(RepoType type) {
  return names_of(type).name;
}

std::optional<RepoType> parse_repo_type(std::string_view name) {
  const auto* it = std::ranges::find(kTypes, name, &TypeNames::name);
  if (it == kTypes.end()) return std::nullopt;
  return it->type;
}

std::string_view api_plural(RepoType type) {
  return names_of(type).plural;
}

std::optional<RepoType> parse_api_plural(std::string_view plural) {
  const auto* it = std::ranges::find(kTypes, plural, &TypeNames::plural);
  if (it == kTypes.end()) return std::nullopt;
  return it->type;
}

std::string_view path_prefix(RepoType type) {
  return names_of(type).prefix;
}

bool is_valid_name_part(std::string_view part) {
  if (part.empty() || part.size() > kMaxPartBytes) return false;
  if (!is_word(part.front()) || !is_word(part.back())) return false;
  if (!std::ranges::all_of(part, [](char c) { return is_word(c) || c == '.' || c == '-'; })) {
    return false;
  }
  return part.find("--") == part.npos && part.find("..") == part.npos &&
         !lower_case(part).ends_with(".git");
}

bool is_reserved_namespace(std::string_view name) {
  return std::ranges::find(kReservedNamespaces, lower_case(name)) != kReservedNamespaces.end();
}

bool is_reserved_repo_name(std::string_view name) {
  return std::ranges::find(kReservedRepoNames, lower_case(name)) != kReservedRepoNames.end();
}

std::optional<RepoName> parse_repo_id(std::string_view id, RepoType type) {
  const std::size_t slash = id.find('/');
  if (slash == id.npos) return std::nullopt;
  const std::string_view owner = id.substr(0, slash);
  const std::string_view name = id.substr(slash + 1);
  if (!is_valid_name_part(owner) || !is_valid_name_part(name)) return std::nullopt;
  return RepoName{.type = type, .owner = std::string(owner), .name = std::string(name)};
}

std::optional<RepoName> parse_repo_path(std::string_view path) {
  const RepoType type = take_type(path);
  if (path.ends_with(".git")) path.remove_suffix(4);
  auto name = parse_repo_id(path, type);
  if (name && is_reserved_namespace(name->owner)) return std::nullopt;
  return name;
}

std::optional<RepoName> parse_canonical_path(std::string_view path) {
  const RepoType type = take_type(path);
  if (path.ends_with(".git")) path.remove_suffix(4);
  if (!is_valid_name_part(path) || is_reserved_namespace(path)) return std::nullopt;
  return RepoName{.type = type, .owner = {}, .name = std::string(path)};
}

}  // namespace mhub::wire
