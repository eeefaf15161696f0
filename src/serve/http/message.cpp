#include "http/message.hpp"

#include <charconv>
#include <chrono>
#include <ctime>

#include <fmt/format.h>

#include <mhub/net/url.hpp>

namespace mhub::serve {

std::optional<std::string> percent_decode(std::string_view text) {
  return net::unescape(text);
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
  return keep_slashes ? net::escape_path(text) : net::escape(text);
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
