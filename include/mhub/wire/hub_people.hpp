#pragma once
// JSON of the hub routes about people, in the shapes that Hugging Face's API has: GET
// /api/users/{name}/overview, GET /api/organizations/{name}/{overview,members}, what repositories
// take up (GET /api/settings/repositories, the same below an organisation), and requests for
// access to gated repositories, {repo}/user-access-request/… and {repo}/user-access-report.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/wire/hub_repos.hpp>

namespace mhub::wire {

struct RepoCounts {
  std::uint64_t models = 0;
  std::uint64_t datasets = 0;
  std::uint64_t spaces = 0;
};

struct UserOverview {
  std::string name = {};
  std::string id = {};
  std::string created_at = {};  ///< "2026-01-31T12:00:00.000Z"
  RepoCounts repos = {};        ///< that the asker may see
  std::vector<WhoAmI::Organisation> orgs = {};
};
std::string to_json(const UserOverview& user);

struct OrganisationOverview {
  std::string name = {};
  std::string id = {};
  std::uint64_t users = 0;
  RepoCounts repos = {};
};
std::string to_json(const OrganisationOverview& organisation);

struct OrganisationMember {
  std::string user = {};
  std::string role = {};
};
std::string to_json(const std::vector<OrganisationMember>& members);

/// A repository and how much its large files weigh.
struct RepoStorage {
  RepoName name = {};
  bool is_private = false;
  std::string updated_at = {};
  std::uint64_t size_bytes = 0;
  double percent = 0;  ///< of what the namespace's repositories weigh together
};
std::string to_json(const std::vector<RepoStorage>& repos);

/// A request for access to a gated repository.
struct AccessRequestItem {
  std::string user = {};
  std::string status = {};     ///< "pending", "accepted", "rejected"
  std::string timestamp = {};  ///< "2026-01-31T12:00:00.000Z"
};
std::string to_json(const std::vector<AccessRequestItem>& requests);

/// What a repository's owner says about somebody's access.
struct AccessDecision {
  std::string user = {};     ///< a name; one of the two is there
  std::string user_id = {};  ///< JSON "userId"
  std::string status = {};   ///< empty where the route says it (grant)
};
/// Throws Error: corrupt.
AccessDecision parse_access_decision(std::string_view json);

/// The same about several people at once.
struct AccessDecisions {
  std::string status = {};
  std::vector<AccessDecision> people = {};  ///< 1 to kAccessDecisionsAtMost; their status is empty
};
inline constexpr std::size_t kAccessDecisionsAtMost = 100;
/// Throws Error: corrupt.
AccessDecisions parse_access_decisions(std::string_view json);

/// What became of one of them.
struct AccessOutcome {
  std::string user = {};     ///< as it was asked for, like the next
  std::string user_id = {};  ///< JSON "userId"
  std::string error = {};    ///< "user_not_found", "request_not_found"; empty: done
};
std::string to_json(const std::vector<AccessOutcome>& outcomes);

/// All requests at once, for whoever keeps them elsewhere.
std::string access_report_json(const std::vector<AccessRequestItem>& requests);
/// The same as lines of CSV below one of names.
std::string access_report_csv(const std::vector<AccessRequestItem>& requests);

}  // namespace mhub::wire
