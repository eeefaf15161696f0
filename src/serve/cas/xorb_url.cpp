#include "cas/xorb_url.hpp"

#include <charconv>

#include <fmt/format.h>

namespace mhub::serve {

namespace {
constexpr std::string_view kPurpose = "xorb-data";
}

std::string make_xorb_url(const Signer& signer, const std::string& base_url,
                          const xet::XorbHash& xorb, std::span<const InclusiveRange> ranges) {
  std::string list;
  for (const InclusiveRange& range : ranges)
    list += fmt::format("{}{}-{}", list.empty() ? "" : ",", range.first, range.last);
  const std::string expires = std::to_string(unix_now() + kSignedUrlLifetimeS);
  return fmt::format("{}/v1/xorb-data/{}?ranges={}&expires={}&signature={}", base_url, xorb.text(),
                     list, expires, signer.sign(kPurpose, {xorb.text(), list, expires}));
}

std::vector<InclusiveRange> check_xorb_url(const Signer& signer, const Request& request,
                                           const xet::XorbHash& xorb) {
  const std::string list = request.parameter("ranges").value_or("");
  const std::string expires = request.parameter("expires").value_or("");
  const std::string signature = request.parameter("signature").value_or("");
  const auto ranges = parse_closed_ranges("bytes=" + list);
  if (!ranges || !signer.check(kPurpose, {xorb.text(), list, expires}, signature))
    throw Refused(403, "this is not a URL of this hub");
  std::int64_t until = 0;
  std::from_chars(expires.data(), expires.data() + expires.size(), until);
  if (until <= unix_now()) throw Refused(403, "the URL has expired");
  return *ranges;
}

}  // namespace mhub::serve
