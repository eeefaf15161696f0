#pragma once
// A repository's refs and commits as the hub lists them: GET /api/{type}/{repo}/refs and
// GET /api/{type}/{repo}/commits/{rev}, in the shapes of Hugging Face's API.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mhub::wire {

/// Largest body of these routes that a parser accepts, and entries of one list.
inline constexpr std::size_t kHistoryMaxBodyBytes = std::size_t{32} << 20;
inline constexpr std::size_t kHistoryMaxEntries = 100000;

/// True for 40 hexadecimal digits in lower case.
bool is_commit_id(std::string_view text);

struct RefInfo {
  std::string name = {};           ///< short: "main", "v1", "parquet", "1"
  std::string ref = {};            ///< full: "refs/heads/main"
  std::string target_commit = {};  ///< hexadecimal; the commit, also for an annotated tag
  bool operator==(const RefInfo&) const = default;
};

struct RefList {
  std::vector<RefInfo> branches = {};
  std::vector<RefInfo> converts = {};
  std::vector<RefInfo> tags = {};
  std::optional<std::vector<RefInfo>> pull_requests = {};  ///< only if they were asked for
  bool operator==(const RefList&) const = default;
};
/// Throws Error: corrupt.
RefList parse_ref_list(std::string_view json);
std::string to_json(const RefList& refs);

struct CommitInfo {
  std::string id = {};                    ///< hexadecimal
  std::string title = {};                 ///< first line of the message
  std::string message = {};               ///< what follows it
  std::string date = {};                  ///< "2026-01-31T12:00:00.000Z"
  std::vector<std::string> authors = {};  ///< names
  bool operator==(const CommitInfo&) const = default;
};
/// Throws Error: corrupt.
std::vector<CommitInfo> parse_commit_list(std::string_view json);
/// With `formatted`, title and message stand there as HTML as well.
std::string to_json(std::span<const CommitInfo> commits, bool formatted);

}  // namespace mhub::wire
