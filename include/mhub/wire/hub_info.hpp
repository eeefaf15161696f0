#pragma once
// What a hub says of one repository at one revision: GET /api/{type}/{repo} and
// GET /api/{type}/{repo}/revision/{rev}, in the shape of Hugging Face's API.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/sha256.hpp>
#include <mhub/wire/repo_name.hpp>

namespace mhub::wire {

/// Largest description that a parser accepts, and the files that one names.
inline constexpr std::size_t kInfoMaxBodyBytes = std::size_t{64} << 20;
inline constexpr std::size_t kInfoMaxSiblings = 100000;

/// A file of the repository. What follows `path` is there only if it was asked for.
struct RepoSibling {
  std::string path = {};     ///< JSON "rfilename"; not validated for use on disk
  std::string blob_id = {};  ///< git's, hexadecimal; may be empty
  std::optional<std::uint64_t> size_bytes = {};
  std::optional<Sha256> lfs_oid = {};  ///< of a large file, whose size is `size_bytes`
  std::uint64_t pointer_size_bytes = 0;
  bool operator==(const RepoSibling&) const = default;
};

struct RepoDescription {
  RepoType type = RepoType::model;
  std::string id = {};         ///< "owner/name"
  std::string unique_id = {};  ///< JSON "_id"; opaque
  std::string author = {};     ///< the namespace
  bool is_private = false;
  std::string sha = {};            ///< commit, hexadecimal; empty without commits
  std::string created_at = {};     ///< "2026-01-31T12:00:00.000Z"
  std::string last_modified = {};  ///< the same form
  std::optional<std::uint64_t> used_storage_bytes = {};
  std::vector<RepoSibling> siblings = {};
  bool operator==(const RepoDescription&) const = default;
};

/// All properties, or with `expand` those alone that it names (unknown names are passed over),
/// besides "_id" and "id".
std::string to_json(const RepoDescription& repo, std::span<const std::string> expand);
/// Throws Error: corrupt.
RepoDescription parse_repo_description(std::string_view json, RepoType type);

}  // namespace mhub::wire
