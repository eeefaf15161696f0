#pragma once
// Signed URLs for parts of stored xorbs. A URL is bound to its xorb, its list of byte ranges and a
// time; it carries its own authority and gets no token.

#include <span>
#include <string>
#include <vector>

#include <mhub/xet/hash.hpp>

#include "auth.hpp"
#include "http/byte_range.hpp"

namespace mhub::serve {

/// Ranges that one URL holds at most: clients and proxies limit a URL to about 8 KiB.
inline constexpr std::size_t kRangesPerUrl = 300;

std::string make_xorb_url(const Signer& signer, const std::string& base_url,
                          const xet::XorbHash& xorb, std::span<const InclusiveRange> ranges);

/// The ranges that the URL of `request` is good for. Throws Refused 403 if it is not this hub's or
/// has expired.
std::vector<InclusiveRange> check_xorb_url(const Signer& signer, const Request& request,
                                           const xet::XorbHash& xorb);

}  // namespace mhub::serve
