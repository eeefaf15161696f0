// URLs, references on a page, escapes.

#include <mhub/net/url.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  if (const std::optional<net::Url> url = net::parse_url(text)) {
    const std::optional<net::Url> again = net::parse_url(url->str());
    fuzz::require(again.has_value(), "a URL put together can be taken apart");
    fuzz::require(net::same_origin(*url, *again), "and has the same origin");
    if (!url->password.empty() && url->password.size() > 6) {
      fuzz::require(again->password.empty(), "str() shows no credentials");
    }
  }
  static const net::Url base = net::require_url("https://hub.example:8443/a/b?c=d");
  if (const std::optional<net::Url> url = net::resolve_reference(base, text)) {
    fuzz::require(url->scheme == "http" || url->scheme == "https", "only http and https");
  }
  net::display_url(text);
  if (const std::optional<std::string> plain = net::unescape(net::escape(text))) {
    fuzz::require(*plain == text, "what is escaped comes back");
  }
  net::unescape(text);
  return 0;
}
