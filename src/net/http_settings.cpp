// Which of several `http.<url>.*` rules holds: the best match, and between equals the later rule.

#include <algorithm>

#include <fmt/format.h>

#include <mhub/base/url_match.hpp>
#include <mhub/net/http_settings.hpp>

namespace mhub::net {
namespace {

/// A rule without a URL holds everywhere, and counts least.
std::optional<std::uint64_t> match_rule(const HttpRule& rule, const std::string& url) {
  return rule.url.empty() ? 0 : url_match_rank(rule.url, url);
}

template <class Target, class Value>
void take(Target& target, const std::optional<Value>& value) {
  if (value) target = *value;
}

}  // namespace

EffectiveSettings settings_for(const HttpSettings& settings, const Url& url) {
  const std::string text = fmt::format("{}://{}{}{}{}", url.scheme, escape(url.user),
                                       url.user.empty() ? "" : "@", url.host_and_port(), url.path);
  std::vector<std::pair<std::uint64_t, const HttpRule*>> matching;
  for (const HttpRule& rule : settings.rules) {
    if (const auto rank = match_rule(rule, text)) matching.emplace_back(*rank, &rule);
  }
  std::stable_sort(matching.begin(), matching.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });

  const auto home = parse_url(settings.home_url);
  const bool at_home = home && same_origin(*home, url);
  EffectiveSettings out;
  out.user_agent = settings.user_agent;
  out.only_public_addresses = settings.only_public_addresses;
  for (const auto& [match, rule] : matching) {
    take(out.proxy, rule->proxy);
    take(out.ssl_verify, rule->ssl_verify);
    take(out.ca_info, rule->ca_info);
    take(out.ca_path, rule->ca_path);
    take(out.ssl_cert, rule->ssl_cert);
    take(out.ssl_key, rule->ssl_key);
    take(out.user_agent, rule->user_agent);
    if (rule->url.empty() && !at_home) continue;
    for (const std::string& line : rule->extra_headers) {
      if (line.empty()) {
        out.extra_headers.clear();
      } else {
        out.extra_headers.push_back(line);
      }
    }
  }
  // What a proxy connects to cannot be seen from here.
  if (settings.only_public_addresses) out.proxy = "";
  return out;
}

}  // namespace mhub::net
