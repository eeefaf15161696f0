#pragma once
// Giving back the space of what is on disk twice.

#include <mhub/sync/upkeep.hpp>

namespace mhub::sync {

/// Drops local xorbs that a remote is known to hold and whose files all stand in a work tree and
/// are registered with a remote, unless `mhub.keep` is "all". Called after a push, which has done
/// its work by then: what goes wrong is a note.
store::CollectReport drop_second_copies(Workspace& workspace, const Connections& connections,
                                        const Tools& tools);

}  // namespace mhub::sync
