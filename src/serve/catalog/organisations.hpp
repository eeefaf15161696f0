#pragma once
// Organisations: namespaces that several users share, each with a role.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mhub/serve/admin.hpp>
#include <mhub/sqlite/database.hpp>

namespace mhub::serve {

/// Threads may share it. Throws Error: io, corrupt, busy, and conflict for a name that is taken.
class Organisations {
public:
  virtual ~Organisations() = default;

  /// Throws Error: conflict also for a user's name.
  virtual OrganisationInfo create(const std::string& name) = 0;
  virtual std::optional<OrganisationInfo> find(const std::string& name) = 0;
  virtual std::vector<OrganisationInfo> list() = 0;
  /// With its memberships, and what tokens were limited to it.
  virtual void remove(std::int64_t id) = 0;

  /// In order of names; those after `after` (empty: from the beginning), at most `limit`.
  virtual std::vector<OrganisationMember> members(std::int64_t id, const std::string& after,
                                                  std::size_t limit) = 0;
  virtual std::uint64_t count_members(std::int64_t id) = 0;
  virtual void set_member(std::int64_t id, std::int64_t user_id, MemberRole role) = 0;
  /// False if the user does not belong to it.
  virtual bool remove_member(std::int64_t id, std::int64_t user_id) = 0;
};

/// Over an open catalog.db (schema.hpp).
std::unique_ptr<Organisations> sqlite_organisations(std::shared_ptr<sqlite::Database> database);

}  // namespace mhub::serve
