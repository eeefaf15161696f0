#include <algorithm>
#include <charconv>

#include <curl/curl.h>
#include <fmt/format.h>

#include <mhub/base/c_handle.hpp>
#include <mhub/base/error.hpp>
#include <mhub/base/text.hpp>
#include <mhub/net/url.hpp>

namespace mhub::net {
namespace {

constexpr std::size_t kUrlMaxBytes = 8192;

using CurlUrl = CHandle<CURLU, curl_url_cleanup>;
using CurlText = CHandle<char, curl_free>;

std::string part_of(CURLU* handle, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle, part, &text, flags) != CURLUE_OK) return {};
  const CurlText owner(text);
  return text;
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

std::uint16_t default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

std::optional<Url> take_apart(CURLU* handle) {
  Url url;
  url.scheme = lower_case(part_of(handle, CURLUPART_SCHEME));
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  url.user = part_of(handle, CURLUPART_USER, CURLU_URLDECODE);
  url.password = part_of(handle, CURLUPART_PASSWORD, CURLU_URLDECODE);
  url.host = lower_case(part_of(handle, CURLUPART_HOST));
  const std::string port = part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (url.host.empty() || parsed.ec != std::errc() || url.port == 0) return std::nullopt;
  url.path = part_of(handle, CURLUPART_PATH);
  if (url.path.empty()) url.path = "/";
  url.query = part_of(handle, CURLUPART_QUERY);
  url.fragment = part_of(handle, CURLUPART_FRAGMENT);
  return url;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string escape_but(std::string_view text, char kept) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || (kept != 0 && c == kept)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace

std::string Url::host_and_port() const {
  return port == default_port(scheme) ? host : fmt::format("{}:{}", host, port);
}

std::string Url::origin() const {
  return fmt::format("{}://{}", scheme, host_and_port());
}

std::string Url::str() const {
  std::string out = origin() + path;
  if (!query.empty()) out += "?" + query;
  if (!fragment.empty()) out += "#" + fragment;
  return out;
}

bool same_origin(const Url& a, const Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

namespace {

std::optional<Url> parse_once(std::string_view text) {
  if (text.empty() || text.size() > kUrlMaxBytes || has_control_characters(text))
    return std::nullopt;
  // curl takes a third slash for a slip of the hand and the path's first segment for the host.
  if (text.substr(std::min(text.find(':'), text.size())).starts_with(":///")) return std::nullopt;
  const CurlUrl handle(curl_url());
  if (!handle) return std::nullopt;
  const std::string copy(text);
  // Spaces are common in what people paste; curl escapes them.
  if (curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), CURLU_URLENCODE) != CURLUE_OK) {
    return std::nullopt;
  }
  return take_apart(handle.get());
}

/// Nothing for a URL that leads elsewhere when it is put together and read again: curl takes
/// escapes out of hosts, and what is left may be another way to write an address ("127%2E1").
std::optional<Url> settled(std::optional<Url> url) {
  if (!url) return std::nullopt;
  const auto again = parse_once(url->str());
  return again && same_origin(*url, *again) ? std::move(url) : std::nullopt;
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  return settled(parse_once(text));
}

Url require_url(std::string_view text) {
  if (auto url = parse_url(text)) return *std::move(url);
  throw Error(ErrorKind::usage, "{} is not an http or https URL", display_url(text));
}

std::optional<Url> resolve_reference(const Url& base, std::string_view reference) {
  if (reference.empty() || reference.size() > kUrlMaxBytes || has_control_characters(reference)) {
    return std::nullopt;
  }
  const CurlUrl handle(curl_url());
  if (!handle) return std::nullopt;
  const std::string from = base.str();
  const std::string to(reference);
  if (curl_url_set(handle.get(), CURLUPART_URL, from.c_str(), 0) != CURLUE_OK ||
      curl_url_set(handle.get(), CURLUPART_URL, to.c_str(), CURLU_URLENCODE) != CURLUE_OK) {
    return std::nullopt;
  }
  return settled(take_apart(handle.get()));
}

std::string display_url(std::string_view url) {
  if (const auto parsed = parse_url(url)) return printable(parsed->origin() + parsed->path);
  std::string_view rest = url.substr(0, url.find_first_of("?#"));
  std::string shown;
  if (const auto scheme_end = rest.find("://"); scheme_end != std::string_view::npos) {
    shown = rest.substr(0, scheme_end + 3);
    rest.remove_prefix(scheme_end + 3);
  }
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos)
    rest.remove_prefix(at + 1);
  shown += rest.substr(0, 512);
  return printable(shown);
}

std::string escape(std::string_view text) {
  return escape_but(text, 0);
}
std::string escape_path(std::string_view path) {
  return escape_but(path, '/');
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string build_query(
    std::initializer_list<std::pair<std::string_view, std::string_view>> parameters) {
  return build_query(std::span(parameters.begin(), parameters.size()));
}

std::string build_query(std::span<const std::pair<std::string_view, std::string_view>> parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    out += escape(name) + "=" + escape(value);
  }
  return out;
}

std::string join_url(std::string_view base, std::string_view path) {
  while (!base.empty() && base.back() == '/') base.remove_suffix(1);
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  return fmt::format("{}/{}", base, path);
}

}  // namespace mhub::net
