#pragma once
// POST /api/validate-yaml: what a client asks about a README.md before it uploads it.

#include <string>
#include <string_view>
#include <vector>

#include <mhub/serve/server.hpp>

#include "router.hpp"

namespace mhub::serve {

/// What is amiss with the metadata block at the head of a card ("---" lines around YAML). Nothing
/// here is an error: a card that some reader of YAML would refuse is still the user's to keep, and
/// an error would stop the whole upload.
std::vector<std::string> card_warnings(std::string_view readme);

std::vector<Route> model_card_routes(const ServeLimits& limits);

}  // namespace mhub::serve
