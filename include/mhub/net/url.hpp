#pragma once
// URLs of hubs: taken apart, put together and shown, by the rules that libcurl itself connects by.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mhub::net {

/// An absolute http or https URL. All parts are as written (still escaped), except `user` and
/// `password`, which are decoded. `port` is the effective one (80 or 443 if none was written).
struct Url {
  std::string scheme;  ///< "http" or "https", lower case
  std::string user;
  std::string password;
  std::string host;  ///< lower case; IPv6 addresses keep their brackets
  std::uint16_t port = 0;
  std::string path;      ///< starts with '/'
  std::string query;     ///< without '?'
  std::string fragment;  ///< without '#'

  /// The whole URL again, credentials left out; the port only if it isn't the scheme's own.
  std::string str() const;
  /// "https://hub.example:8443": what credentials are bound to.
  std::string origin() const;
  /// "hub.example" or "hub.example:8443", for messages.
  std::string host_and_port() const;
};

/// Nothing unless `text` is an absolute http or https URL of at most 8 KiB without control
/// characters.
std::optional<Url> parse_url(std::string_view text);
/// As parse_url. Throws Error: usage (the message shows no credentials).
Url require_url(std::string_view text);

/// True if credentials for one may be sent to the other: same scheme, host and port.
bool same_origin(const Url& a, const Url& b);

/// What `reference` (a Location or Link header, absolute or relative) means on the page `base`.
/// Nothing if the outcome is not an http or https URL.
std::optional<Url> resolve_reference(const Url& base, std::string_view reference);

/// `url` without credentials, query and fragment, control characters escaped: fit for a message or
/// a log, whatever the text is.
std::string display_url(std::string_view url);

/// `text` with every byte but letters, digits and "-._~" written as %XX. `/` is escaped too.
std::string escape(std::string_view text);
/// As escape, with `/` kept between the segments.
std::string escape_path(std::string_view path);
/// %XX decoded; nothing if an escape is malformed or decodes to NUL.
std::optional<std::string> unescape(std::string_view text);
/// "a=1&b=x%20y", both sides escaped.
std::string build_query(
    std::initializer_list<std::pair<std::string_view, std::string_view>> parameters);
std::string build_query(std::span<const std::pair<std::string_view, std::string_view>> parameters);

/// `base` and `path` joined with exactly one slash between them. `path` is already escaped.
std::string join_url(std::string_view base, std::string_view path);

}  // namespace mhub::net
