#pragma once
// Files and folders in each other's way; private to src/repo.

#include <mhub/repo/checkout.hpp>

namespace mhub::repo {

/// Adds to `plan.conflicts` every write that a folder with untracked files, or an untracked file in
/// place of a folder, stands in the way of. With `force` such a file is deleted instead.
void find_room(Repository& repository, const Index& index, CheckoutPlan& plan, bool force,
               const StopToken& stop);

}  // namespace mhub::repo
