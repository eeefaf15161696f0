#pragma once
// What a repository is called on a hub: its type, namespace and name, and how they stand in paths.

#include <optional>
#include <string>
#include <string_view>

namespace mhub::wire {

enum class RepoType { model, dataset, space };

/// "model", "dataset", "space".
std::string_view name_of(RepoType type);
std::optional<RepoType> parse_repo_type(std::string_view name);
/// First part of the path below /api/: "models", "datasets", "spaces".
std::string_view api_plural(RepoType type);
std::optional<RepoType> parse_api_plural(std::string_view plural);
/// What stands before ns/name in web, git and LFS paths: "", "datasets/", "spaces/".
std::string_view path_prefix(RepoType type);

/// A namespace or repository name that every client accepts: 1 to 96 of [A-Za-z0-9_.-], starting
/// and ending with a letter, digit or underscore, without "--" and "..", not ending in ".git".
bool is_valid_name_part(std::string_view part);
/// True for names that the hub's own paths begin with ("api", "datasets" …).
bool is_reserved_namespace(std::string_view name);
/// True for names that paths inside a repository use ("resolve", "tree" …).
bool is_reserved_repo_name(std::string_view name);

/// A repository. Both names valid, in the case that the user wrote; hubs compare without case.
struct RepoName {
  RepoType type = RepoType::model;
  std::string owner = {};  ///< user or organisation; empty for a canonical one
  std::string name = {};

  /// "owner/name".
  std::string id() const { return owner.empty() ? name : owner + "/" + name; }
  /// "owner/name" or "datasets/owner/name": the path below the hub's address.
  std::string path() const { return std::string(path_prefix(type)) + id(); }
  /// "/api/models/owner/name".
  std::string api_path() const { return "/api/" + std::string(api_plural(type)) + "/" + id(); }
  bool operator==(const RepoName&) const = default;
};

/// "owner/name". Nothing if a part is missing or not valid.
std::optional<RepoName> parse_repo_id(std::string_view id, RepoType type);
/// "owner/name", "datasets/owner/name" or "spaces/owner/name", with or without ".git" at its end
/// and without a slash at its start. Nothing if it is anything else.
std::optional<RepoName> parse_repo_path(std::string_view path);
/// "name", "datasets/name" or "spaces/name", with or without ".git": repositories of Hugging Face's
/// that are older than its namespaces and known by a name alone, which leads to their full one.
std::optional<RepoName> parse_canonical_path(std::string_view path);

}  // namespace mhub::wire
