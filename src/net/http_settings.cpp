// Which of several `http.<url>.*` rules holds, as git decides it: the host has to match, then the
// longer path wins, then a matching user name, and between equals the later rule.

#include <algorithm>
#include <string_view>
#include <tuple>

#include <mhub/net/http_settings.hpp>

namespace mhub::net {
namespace {

// "*" is no character of a host name; a rule's stars travel through the URL parser in this dress.
constexpr std::string_view kAnyLabel = "any--label";

struct Match {
  std::size_t host_labels_exact = 0;
  std::size_t path_bytes = 0;
  bool user = false;

  auto key() const { return std::tie(host_labels_exact, path_bytes, user); }
};

std::string_view next_label(std::string_view& host) {
  const auto dot = host.find('.');
  const std::string_view label = host.substr(0, dot);
  host = dot == std::string_view::npos ? std::string_view() : host.substr(dot + 1);
  return label;
}

std::optional<std::size_t> match_host(std::string_view pattern, std::string_view host) {
  std::size_t exact = 0;
  while (!pattern.empty() && !host.empty()) {
    const std::string_view wanted = next_label(pattern);
    const std::string_view label = next_label(host);
    if (wanted == label) {
      ++exact;
    } else if (wanted != kAnyLabel) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !host.empty()) return std::nullopt;
  return exact;
}

bool is_path_prefix(std::string_view prefix, std::string_view path) {
  while (!prefix.empty() && prefix.back() == '/') prefix.remove_suffix(1);
  if (path.substr(0, prefix.size()) != prefix) return false;
  return path.size() == prefix.size() || path[prefix.size()] == '/';
}

std::optional<Url> parse_pattern(std::string text) {
  const auto authority = text.find("://");
  if (authority == std::string::npos) return std::nullopt;
  const auto authority_end = std::min(text.find('/', authority + 3), text.size());
  for (auto star = text.rfind('*', authority_end); star != std::string::npos && star > authority;
       star = text.rfind('*', star)) {
    text.replace(star, 1, kAnyLabel);
  }
  return parse_url(text);
}

std::optional<Match> match_rule(const HttpRule& rule, const Url& url) {
  if (rule.url.empty()) return Match{};
  const auto pattern = parse_pattern(rule.url);
  if (!pattern || pattern->scheme != url.scheme || pattern->port != url.port) return std::nullopt;
  const auto labels = match_host(pattern->host, url.host);
  if (!labels || !is_path_prefix(pattern->path, url.path)) return std::nullopt;
  if (!pattern->user.empty() && pattern->user != url.user) return std::nullopt;
  return Match{*labels + 1, pattern->path.size(), !pattern->user.empty()};
}

template <class Target, class Value>
void take(Target& target, const std::optional<Value>& value) {
  if (value) target = *value;
}

}  // namespace

EffectiveSettings settings_for(const HttpSettings& settings, const Url& url) {
  std::vector<std::pair<Match, const HttpRule*>> matching;
  for (const HttpRule& rule : settings.rules) {
    if (const auto match = match_rule(rule, url)) matching.emplace_back(*match, &rule);
  }
  std::stable_sort(matching.begin(), matching.end(),
                   [](const auto& a, const auto& b) { return a.first.key() < b.first.key(); });

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
