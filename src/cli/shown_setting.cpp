#include "shown_setting.hpp"

#include <algorithm>
#include <string_view>

#include <mhub/base/text.hpp>

namespace mhub::cli {
namespace {

// Cuts "user:password@" out of every "scheme://user:password@host" in `text`.
std::string without_user_info(std::string text) {
  for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", at)) {
    at += 3;
    const auto end = std::min(text.find_first_of("/?# \t\n\"'", at), text.size());
    const auto host = text.substr(at, end - at).rfind('@');
    if (host != std::string::npos) text.erase(at, host + 1);
  }
  return text;
}

bool is_secret(std::string_view variable) {
  for (const std::string_view end : {"extraheader", "token", "password", "pass", "secret"}) {
    if (variable.ends_with(end)) return true;
  }
  return false;
}

}  // namespace

ShownSetting without_secrets(std::string key, std::string value) {
  const std::string variable = lower_case(key.substr(key.rfind('.') + 1));
  ShownSetting shown{without_user_info(std::move(key)), {}};
  if (is_secret(variable)) {
    shown.value = "(hidden)";
    return shown;
  }
  const bool has_scheme = value.find("://") != std::string::npos;
  shown.value = without_user_info(std::move(value));
  if (has_scheme) return shown;
  // "user:password@proxy:3128" is what curl takes; "git@host:path" has no password.
  const auto host = variable == "proxy" ? shown.value.rfind('@')
                                        : shown.value.substr(0, shown.value.find('/')).rfind('@');
  if (host != std::string::npos && (variable == "proxy" || shown.value.find(':') < host))
    shown.value.erase(0, host + 1);
  return shown;
}

}  // namespace mhub::cli
