#pragma once
// Giving back the space of what is on disk twice.

#include <mhub/sync/upkeep.hpp>

namespace mhub::sync {

/// Drops local xorbs that a remote is known to hold and whose files all stand in a work tree,
/// unless `mhub.keep` is "all". Called after a push. Throws Error: config for another value.
store::CollectReport drop_second_copies(Workspace& workspace);

}  // namespace mhub::sync
