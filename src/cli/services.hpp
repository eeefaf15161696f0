#pragma once
// git config's `http.*` as the HTTP client takes it.

#include <vector>

#include <mhub/net/http_settings.hpp>
#include <mhub/repo/config.hpp>

namespace mhub::cli {

/// One rule for each run of entries with the same URL, in the order of the configuration. Entries
/// of other sections and unknown variables are passed over. Pure.
std::vector<net::HttpRule> http_rules(const std::vector<repo::ConfigEntry>& entries);

}  // namespace mhub::cli
