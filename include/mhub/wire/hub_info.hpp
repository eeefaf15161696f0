#pragma once
// What a hub says of repositories: GET /api/{type}/{repo} and GET /api/{type}/{repo}/revision/{rev}
// of one at one revision, GET /api/{type} of many, in the shape of Hugging Face's API.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/sha256.hpp>
#include <mhub/wire/gating.hpp>
#include <mhub/wire/repo_name.hpp>
#include <mhub/wire/safetensors.hpp>

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
  Gating gating = Gating::none;
  std::string sha = {};            ///< commit, hexadecimal; empty without commits
  std::string created_at = {};     ///< "2026-01-31T12:00:00.000Z"
  std::string last_modified = {};  ///< the same form
  std::optional<std::uint64_t> used_storage_bytes = {};
  std::uint64_t downloads = 0;
  std::uint64_t likes = 0;
  std::vector<std::string> tags = {};
  std::string pipeline_tag = {};  ///< may be empty, as what follows
  std::string library_name = {};
  std::string sdk = {};          ///< of spaces
  std::string card_json = {};    ///< "cardData": an object as JSON, written as it is
  std::string config_json = {};  ///< "config": the same
  /// JSON "safetensors", with their total: how many a model has; empty if that is not known.
  ParameterCounts parameters = {};
  std::vector<RepoSibling> siblings = {};
  bool operator==(const RepoDescription&) const = default;
};

/// Which properties are written besides "_id" and "id".
struct RepoProperties {
  std::vector<std::string> expand = {};  ///< these alone; unknown names are passed over
  // Without `expand`: all, of the following those that are true.
  bool siblings = true;
  bool card = true;
  bool config = true;
  bool safetensors = true;
  bool has(std::string_view name) const;
};

/// Passes each file of a repository to `write`.
using EachSibling = std::function<void(const std::function<void(const RepoSibling&)>& write)>;

/// With `each_sibling` that is called for the files instead of RepoDescription::siblings, if they
/// are among `properties`: so nobody holds them all besides the text.
std::string to_json(const RepoDescription& repo, const RepoProperties& properties,
                    const EachSibling& each_sibling = {});
/// Throws Error: corrupt. Card, config and parameters are not read.
RepoDescription parse_repo_description(std::string_view json, RepoType type);

}  // namespace mhub::wire
