#pragma once
// Who asked for the content of gated repositories, and what became of it.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/serve/admin.hpp>
#include <mhub/sqlite/database.hpp>

namespace mhub::serve {

enum class AccessStatus { pending, accepted, rejected };
std::string_view name_of(AccessStatus status);
std::optional<AccessStatus> parse_access_status(std::string_view name);

struct AccessRequest {
  std::int64_t id = 0;
  std::string user;
  AccessStatus status = AccessStatus::pending;
  std::int64_t asked_unix_s = 0;
};

/// One request at most for each repository and user; it goes with either of them. Threads may share
/// it. Throws Error: io, corrupt, busy.
class AccessRequests {
public:
  virtual ~AccessRequests() = default;

  /// Makes a request; one that is there stays as it is.
  virtual void ask(std::int64_t repo, std::int64_t user_id, AccessStatus status) = 0;
  virtual std::optional<AccessRequest> find(std::int64_t repo, std::int64_t user_id) = 0;
  /// Makes one if there is none.
  virtual void set_status(std::int64_t repo, std::int64_t user_id, AccessStatus status) = 0;
  /// False if there is none.
  virtual bool remove(std::int64_t repo, std::int64_t user_id) = 0;
  /// Those of that status with a greater id than `after_id`, in order of id.
  virtual std::vector<AccessRequest> list(std::int64_t repo, AccessStatus status,
                                          std::int64_t after_id, std::size_t limit) = 0;
};

/// Over an open catalog.db (schema.hpp).
std::unique_ptr<AccessRequests> sqlite_access_requests(std::shared_ptr<sqlite::Database> database);

}  // namespace mhub::serve
