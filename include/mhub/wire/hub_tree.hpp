#pragma once
// Listings of a revision's files: GET /api/{type}/{repo}/tree/{rev} and
// POST /api/{type}/{repo}/paths-info/{rev}, in the shape of Hugging Face's API.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/sha256.hpp>
#include <mhub/xet/hash.hpp>

namespace mhub::wire {

/// Largest listing body that a parser accepts; entries of one listing.
inline constexpr std::size_t kTreeMaxBodyBytes = std::size_t{32} << 20;
inline constexpr std::size_t kTreeMaxEntries = 20000;
/// Paths of one paths-info request, as mhub asks; hubs take more.
inline constexpr std::size_t kPathsInfoMaxPaths = 500;

/// The commit that gave a file or folder its present content.
struct LastCommit {
  std::string id = {};     ///< hexadecimal
  std::string title = {};  ///< first line of the message
  std::string date = {};   ///< "2026-01-31T12:00:00.000Z"
  bool operator==(const LastCommit&) const = default;
};

struct TreeEntry {
  bool is_folder = false;
  std::string path = {};         ///< from the root of the repository; not validated for use on disk
  std::string oid = {};          ///< git object id, hexadecimal
  std::uint64_t size_bytes = 0;  ///< real size, also for LFS files
  /// For LFS files:
  std::optional<Sha256> lfs_oid = {};
  std::uint64_t lfs_size_bytes = 0;
  std::uint64_t pointer_size_bytes = 0;
  std::optional<xet::FileHash> xet_hash = {};
  std::optional<LastCommit> last_commit = {};  ///< only where "expand" was asked for
  bool operator==(const TreeEntry&) const = default;
};

/// Throws Error: corrupt.
std::vector<TreeEntry> parse_tree(std::string_view json);
std::string to_json(std::span<const TreeEntry> entries);

/// `{"paths": […], "expand": false}`.
std::string paths_info_request_json(std::span<const std::string> paths);

struct PathsInfoRequest {
  std::vector<std::string> paths = {};  ///< not validated; at most kTreeMaxEntries
  bool expand = false;
  bool operator==(const PathsInfoRequest&) const = default;
};
/// The JSON form of the request's body. Throws Error: corrupt.
PathsInfoRequest parse_paths_info_request(std::string_view json);

}  // namespace mhub::wire
