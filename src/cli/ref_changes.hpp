#pragma once
// What a fetch changed, as JSON and as git's own table.

#include <mhub/sync/exchange.hpp>

#include "context.hpp"

namespace mhub::cli {

Json to_json(const sync::FetchReport& report);
void tell(Context& context, const sync::FetchReport& report);

}  // namespace mhub::cli
