#pragma once
// Who sent which xorb. Clients remember for weeks what they have sent to a hub and do not send it
// again, whichever repository it is for and even if the one it went to is deleted by then.

#include <cstdint>
#include <functional>
#include <memory>

#include <mhub/sqlite/database.hpp>
#include <mhub/xet/hash.hpp>

namespace mhub::serve {

/// Threads may share it. Throws Error: io, corrupt, busy.
class Uploads {
public:
  virtual ~Uploads() = default;
  /// Whether the user has sent all bytes of `xorb` (Catalog::add_xorb notes it).
  virtual bool has(std::int64_t user, const xet::XorbHash& xorb) = 0;
  /// Forgets the xorbs of which `is_gone` is true. It is asked again when nothing can be added.
  virtual void drop(const std::function<bool(const xet::XorbHash&)>& is_gone) = 0;
};

std::unique_ptr<Uploads> sqlite_uploads(std::shared_ptr<sqlite::Database> database);

}  // namespace mhub::serve
