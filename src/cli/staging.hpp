#pragma once
// What `add`, `commit` and `push -m` have in common.

#include <mhub/sync/commit.hpp>
#include <mhub/sync/stage.hpp>

#include "context.hpp"

namespace mhub::cli {

Json to_json(const sync::StageReport& report);
Json to_json(const sync::CommitReport& report);
/// Says which patterns are tracked from now on, and what was taken in.
void tell(Context& context, const sync::StageReport& report);
/// "[main 1a2b3c] Summary".
void tell(Context& context, const sync::CommitReport& report);

/// Options of a commit with the identities of the environment.
sync::CommitOptions commit_options(Context& context, const std::string& message);

}  // namespace mhub::cli
