#include "http/message.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

#include <fmt/format.h>

#include <mhub/base/text.hpp>
#include <mhub/net/url.hpp>

namespace mhub::serve {

std::optional<std::string> percent_decode(std::string_view text) {
  return net::unescape(text);
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
  return keep_slashes ? net::escape_path(text) : net::escape(text);
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

std::vector<std::string> Request::parameters(std::string_view name) const {
  std::vector<std::string> found;
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    auto key = percent_decode(pair.substr(0, equals));
    if (!key) continue;
    if (key->ends_with("[]")) key->resize(key->size() - 2);
    if (*key != name) continue;
    std::string raw(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    for (char& c : raw) {
      if (c == '+') c = ' ';
    }
    if (auto value = percent_decode(raw)) found.push_back(std::move(*value));
  }
  return found;
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  auto found = parameters(name);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::optional<std::uint64_t> Request::content_length() const {
  const std::string_view text = header("Content-Length");
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int status_for(const Error& error) {
  if (const auto* refused = dynamic_cast<const Refused*>(&error)) return refused->status();
  switch (error.kind()) {
    case ErrorKind::usage:
      return 400;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::busy:
    case ErrorKind::interrupted:
      return 503;
    case ErrorKind::not_found:
    case ErrorKind::denied:
    case ErrorKind::network:
    case ErrorKind::config:
    case ErrorKind::io:
    case ErrorKind::corrupt:
    case ErrorKind::internal:
      return 500;
  }
  return 500;
}

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string timestamp(std::int64_t unix_s) {
  const std::time_t time = unix_s;
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace mhub::serve
