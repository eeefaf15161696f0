#pragma once
// What the requests to a hub's REST routes have in common.

#include <optional>
#include <string>
#include <string_view>

#include <mhub/net/http_message.hpp>
#include <mhub/net/url.hpp>

namespace mhub::remote {

net::Request json_request(std::string_view method, std::string url, std::string body);

/// The next page that a Link header names (RFC 8288), if it is on the hub itself: credentials go
/// along.
std::optional<std::string> next_page(const net::Response& response, const net::Url& hub);

}  // namespace mhub::remote
