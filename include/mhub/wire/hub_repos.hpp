#pragma once
// JSON of the hub routes that make, change, list and delete repositories and say who the caller is,
// in the shapes that Hugging Face's API has: POST /api/repos/{create,move}, DELETE
// /api/repos/delete, PUT {repo}/settings, POST {repo}/duplicate, GET /api/{models,datasets,spaces},
// GET /api/whoami-v2, and error bodies.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/wire/gating.hpp>
#include <mhub/wire/hub_commit.hpp>
#include <mhub/wire/repo_name.hpp>

namespace mhub::wire {

/// Largest body of these routes that a parser accepts.
inline constexpr std::size_t kHubMaxBodyBytes = std::size_t{8} << 20;

/// Headers that go with errors; clients map their exceptions from them, not from the status.
inline constexpr std::string_view kErrorCodeHeader = "X-Error-Code";
inline constexpr std::string_view kErrorMessageHeader = "X-Error-Message";
// Values of kErrorCodeHeader.
inline constexpr std::string_view kErrorRepoNotFound = "RepoNotFound";
inline constexpr std::string_view kErrorGatedRepo = "GatedRepo";

inline constexpr std::size_t kCreateRepoMaxFiles = 100;

/// What a space may run on.
inline constexpr std::array<const char*, 4> kSpaceSdks = {"gradio", "streamlit", "docker",
                                                          "static"};
bool is_space_sdk(std::string_view name);

struct CreateRepoRequest {
  RepoType type = RepoType::model;
  std::string name = {};   ///< as sent: "name", or "owner/name" from old clients
  std::string owner = {};  ///< JSON "organization"; empty: the caller's own namespace
  bool is_private = false;
  /// What a space runs on (is_space_sdk()), which Hugging Face insists on; empty for others. When
  /// it is read, it may be missing, and that of another kind of repository is passed over.
  std::string space_sdk = {};  ///< JSON "sdk"
  /// Hubs begin a repository with a commit of its .gitattributes, which its first push would have
  /// to be based on. JSON "initialCommit": false, ours alone, asks for one without commits.
  bool initial_commit = true;
  /// Small files of the first commit; at most kCreateRepoMaxFiles.
  std::vector<CommitFile> files = {};
  /// For the head of the first README.md: letters, digits, dots and dashes; may be empty.
  std::string license = {};
  bool operator==(const CreateRepoRequest&) const = default;
};

/// Reads both forms of the visibility: "visibility" (public, private) and the older boolean
/// "private". Throws Error: corrupt for any other visibility, and for an unknown SDK of a space.
/// `files` and `license` are only read.
CreateRepoRequest parse_create_repo_request(std::string_view json);
std::string to_json(const CreateRepoRequest& request);

/// Also (with `error`) the body of the 409 for a name that exists: clients read `url` from it.
struct CreateRepoAnswer {
  std::string url = {};    ///< "{hub}/owner/name"
  std::string id = {};     ///< "owner/name"
  std::string error = {};  ///< empty on success
  bool operator==(const CreateRepoAnswer&) const = default;
};
CreateRepoAnswer parse_create_repo_answer(std::string_view json);
std::string to_json(const CreateRepoAnswer& answer);

struct DeleteRepoRequest {
  RepoType type = RepoType::model;
  std::string name = {};
  std::string owner = {};  ///< JSON "organization"; empty: the caller's own namespace
  bool operator==(const DeleteRepoRequest&) const = default;
};
DeleteRepoRequest parse_delete_repo_request(std::string_view json);
std::string to_json(const DeleteRepoRequest& request);

struct MoveRepoRequest {
  RepoType type = RepoType::model;
  std::string from = {};  ///< "owner/name"
  std::string to = {};
};
MoveRepoRequest parse_move_repo_request(std::string_view json);
std::string to_json(const MoveRepoRequest& request);

/// What of a repository's settings is to change.
struct RepoSettingsRequest {
  std::optional<bool> is_private = {};
  std::optional<Gating> gating = {};  ///< JSON "gated": false, "auto", "manual"
};
RepoSettingsRequest parse_repo_settings_request(std::string_view json);
std::string to_json(const RepoSettingsRequest& request);
struct RepoSettingsAnswer {
  bool is_private = false;
  Gating gating = Gating::none;
};
std::string to_json(const RepoSettingsAnswer& answer);

struct DuplicateRepoRequest {
  std::string to = {};                  ///< JSON "repository": "owner/name"
  std::optional<bool> is_private = {};  ///< nothing: as the original
};
DuplicateRepoRequest parse_duplicate_repo_request(std::string_view json);
std::string to_json(const DuplicateRepoRequest& request);

/// Large files that another repository is to have as well, before a commit there names them.
struct CopyFilesRequest {
  RepoType type = RepoType::model;  ///< of the target
  std::string to = {};              ///< "owner/name"
  std::vector<Sha256> files = {};   ///< at most kCopyFilesMax
};
inline constexpr std::size_t kCopyFilesMax = 1000;
CopyFilesRequest parse_copy_files_request(std::string_view json);

struct CopyFilesAnswer {
  struct Failure {
    Sha256 file = {};
    std::string error = {};
  };
  std::vector<Failure> failed = {};
};
std::string to_json(const CopyFilesAnswer& answer);

/// What is read of one repository of a listing; hubs write it as in hub_info.hpp.
struct RepoListItem {
  std::string id = {};         ///< "owner/name"
  std::string unique_id = {};  ///< JSON "_id"; opaque, may be empty when read
  bool is_private = false;
  Gating gating = Gating::none;
  std::string sha = {};            ///< commit of the default branch; may be empty
  std::string created_at = {};     ///< "2026-01-31T12:00:00.000Z"; may be empty when read
  std::string last_modified = {};  ///< the same form
  std::uint64_t downloads = 0;
  std::uint64_t likes = 0;
  std::vector<std::string> tags = {};
  bool operator==(const RepoListItem&) const = default;
};
/// A bare array of at most 10,000 items; more pages are named by the Link header.
std::vector<RepoListItem> parse_repo_list(std::string_view json);

struct WhoAmI {
  std::string name = {};
  std::string id = {};
  std::string fullname = {};
  std::string email = {};
  struct Organisation {
    std::string name = {};
    /// JSON "roleInOrg": "read", "contributor", "write", "admin"; may be empty when read.
    std::string role = {};
    bool operator==(const Organisation&) const = default;
  };
  std::vector<Organisation> orgs = {};
  std::string token_name = {};        ///< JSON auth.accessToken.displayName
  std::string token_role = {};        ///< "read", "write", "fineGrained"
  std::string token_created_at = {};  ///< may be empty
  bool operator==(const WhoAmI&) const = default;
};
WhoAmI parse_whoami(std::string_view json);
std::string to_json(const WhoAmI& who);

/// `{"error": text}`.
std::string hub_error_json(std::string_view text);

}  // namespace mhub::wire
