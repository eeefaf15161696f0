#include "retry_policy.hpp"

#include <algorithm>
#include <charconv>
#include <random>

#include <curl/curl.h>

namespace mhub::net {

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS";
}

bool is_passing_status(int status) {
  switch (status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
    case 509:
      return true;
    default:
      // Codes of proxies and content networks (520 to 530); 501, 505, 507, 508, 511 won't pass.
      return status >= 512 && status < 600;
  }
}

bool may_retry(const Request& request, std::string_view method, const Failure& failure) {
  switch (failure.ending) {
    case Ending::complete:
    case Ending::not_trusted:
    case Ending::nonsense:
    case Ending::bad_setting:
    case Ending::cancelled:
      return false;
    case Ending::no_host:
    case Ending::no_connect:
    case Ending::stalled:
    case Ending::broken:
      break;
  }
  if (request.retry == Retry::never) return false;
  if (request.retry == Retry::always || is_idempotent(method)) return true;
  // A kept connection that the server closed just as we wrote to it: it has not read the request.
  const bool was_stale =
      failure.connection_reused && !failure.peer_spoke && failure.ending == Ending::broken;
  return !failure.request_sent || was_stale;
}

bool may_retry(const Request& request, std::string_view method, const Response& response) {
  if (request.retry == Retry::never || !is_passing_status(response.status)) return false;
  if (request.retry == Retry::always || is_idempotent(method)) return true;
  // These two say that nothing was done.
  return response.status == 429 || (response.status == 503 && response.header("Retry-After"));
}

std::optional<std::uint64_t> parse_retry_after(std::string_view text, std::time_t now) {
  if (text.empty() || text.size() > 64) return std::nullopt;
  std::uint64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, seconds);
  if (parsed.ec == std::errc() && parsed.ptr == end) {
    return std::min<std::uint64_t>(seconds, 1'000'000) * 1000;
  }
  const std::time_t date = curl_getdate(std::string(text).c_str(), nullptr);
  if (date == -1) return std::nullopt;
  if (date <= now) return 0;
  return std::min<std::uint64_t>(static_cast<std::uint64_t>(date - now), 1'000'000) * 1000;
}

double dice() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

std::uint32_t backoff_ms(std::uint32_t base_ms, unsigned attempt, double dice) {
  const std::uint64_t doubled = std::uint64_t{base_ms} << std::min(attempt, 16u);
  const auto whole = static_cast<double>(std::min<std::uint64_t>(doubled, kBackoffMaxMs));
  return static_cast<std::uint32_t>(whole / 2 + whole / 2 * dice);
}

}  // namespace mhub::net
