// Which `http.<url>.*` settings apply to a URL. A pattern matches if scheme and port are the same,
// its host is the same (a label "*" stands for any one label), its user, if given, is the same, and
// its path is a prefix that ends at a slash. The longer host counts more than the longer path, and
// that more than a matched user.

#include <algorithm>

#include <mhub/base/text.hpp>
#include <mhub/base/url_match.hpp>

namespace mhub {

namespace {

struct UrlParts {
  std::string scheme, user, host, port, path;
};

std::string_view default_port(std::string_view scheme) {
  if (scheme == "http") return "80";
  if (scheme == "https") return "443";
  if (scheme == "ssh") return "22";
  if (scheme == "git") return "9418";
  return {};
}

std::optional<UrlParts> split_url(std::string_view url) {
  const std::size_t mark = url.find("://");
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  UrlParts parts;
  parts.scheme = lower_case(url.substr(0, mark));
  url.remove_prefix(mark + 3);
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t slash = url.find('/');
  std::string_view authority = url.substr(0, slash);
  parts.path = slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view user = authority.substr(0, at);
    parts.user = std::string(user.substr(0, user.find(':')));
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    parts.port = std::string(authority.substr(colon + 1));
    authority = authority.substr(0, colon);
  }
  if (parts.port.empty()) parts.port = std::string(default_port(parts.scheme));
  parts.host = lower_case(authority);
  return parts;
}

bool host_matches(std::string_view pattern, std::string_view host) {
  while (!pattern.empty() && !host.empty()) {
    const std::string_view pattern_label = pattern.substr(0, pattern.find('.'));
    const std::string_view host_label = host.substr(0, host.find('.'));
    if (pattern_label != "*" && pattern_label != host_label) return false;
    pattern.remove_prefix(std::min(pattern.size(), pattern_label.size() + 1));
    host.remove_prefix(std::min(host.size(), host_label.size() + 1));
  }
  return pattern.empty() && host.empty();
}

}  // namespace

std::optional<std::uint64_t> url_match_rank(std::string_view pattern, std::string_view url) {
  const auto want = split_url(pattern);
  const auto have = split_url(url);
  if (!want || !have) return std::nullopt;
  if (want->scheme != have->scheme || want->port != have->port) return std::nullopt;
  if (!want->user.empty() && want->user != have->user) return std::nullopt;
  if (!host_matches(want->host, have->host)) return std::nullopt;

  std::string_view prefix = want->path;
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!have->path.starts_with(prefix)) return std::nullopt;
  if (have->path.size() > prefix.size() && have->path[prefix.size()] != '/') return std::nullopt;

  return (std::uint64_t{want->host.size()} << 32) | (std::uint64_t{prefix.size() + 1} << 1) |
         (want->user.empty() ? 0u : 1u);
}

}  // namespace mhub
