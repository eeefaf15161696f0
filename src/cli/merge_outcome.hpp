#pragma once
// How `pull` and `merge` tell what came of it.

#include <mhub/sync/exchange.hpp>

#include "context.hpp"

namespace mhub::cli {

/// Prints the report; the exit code, which is kExitConflict for conflicts.
int tell_outcome(Context& context, const sync::PullReport& report);

}  // namespace mhub::cli
