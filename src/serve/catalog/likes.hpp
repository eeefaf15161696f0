#pragma once
// Who likes which repository. How many like one is kept beside it (catalog/facts.hpp).

#include <memory>
#include <string>
#include <vector>

#include <mhub/sqlite/database.hpp>

#include "catalog/catalog.hpp"

namespace mhub::serve {

struct Liker {
  std::int64_t user_id = 0;
  std::string user_name;
};
struct LikedRepo {
  RepoInfo repo;
  std::int64_t liked_unix_s = 0;
};

/// Threads may share it. Throws Error: io, corrupt, busy.
class LikesTable {
public:
  virtual ~LikesTable() = default;
  /// Liking twice is liking once.
  virtual void add(std::int64_t user, std::int64_t repo) = 0;
  virtual void remove(std::int64_t user, std::int64_t repo) = 0;
  /// In order of the users' numbers, above `after_user`.
  virtual std::vector<Liker> likers(std::int64_t repo, std::int64_t after_user,
                                    std::size_t limit) = 0;
  /// Those that `viewer` may read, in order of number, above `after_repo`.
  virtual std::vector<LikedRepo> likes_of(const Viewer& viewer, std::int64_t user,
                                          std::int64_t after_repo, std::size_t limit) = 0;
};

std::unique_ptr<LikesTable> sqlite_likes(std::shared_ptr<sqlite::Database> database);

}  // namespace mhub::serve
