#pragma once

#include <mhub/wire/xet_token.hpp>

#include "router.hpp"

namespace mhub::serve {

/// A fresh CAS token for the call's caller and repository, whose rights have been checked.
wire::XetToken issue_cas_token(const Call& call, CasScope scope);

/// The scope that the call's user, who may write to the repository or propose changes, uploads
/// with.
CasScope upload_scope(const Call& call);

/// The hub's routes that hand out CAS tokens.
std::vector<Route> cas_token_routes();

}  // namespace mhub::serve
