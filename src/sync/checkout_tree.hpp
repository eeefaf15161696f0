#pragma once
// The common tail of switch, clone, pull and merge: work tree and index go from one tree to
// another.

#include <mhub/repo/checkout.hpp>
#include <mhub/sync/checkout.hpp>

namespace mhub::sync {

/// Does `plan` in the work tree and in `index`, which the caller writes. Throws Error: conflict,
/// and nothing has changed, if the plan found local work in the way.
void apply_checkout(Workspace& workspace, const Connections& connections,
                    std::string_view first_remote, const repo::CheckoutPlan& plan,
                    const CheckoutOptions& options, repo::Index& index, CheckoutReport& report,
                    const Tools& tools);

/// Plans and applies what leads from tree `from` to tree `to`.
void checkout_tree(Workspace& workspace, const Connections& connections,
                   std::string_view first_remote, const std::optional<repo::ObjectId>& from,
                   const repo::ObjectId& to, const CheckoutOptions& options, repo::Index& index,
                   CheckoutReport& report, const Tools& tools);

}  // namespace mhub::sync
