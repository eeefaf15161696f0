#include <algorithm>
#include <charconv>

#include <mhub/base/text.hpp>
#include <mhub/remote/hf_tokens.hpp>

namespace mhub::remote {
namespace {

constexpr std::size_t kMaxTokens = 1000;

constexpr std::string_view kSpace = " \t\r";

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return trimmed(line, kSpace);
}

void set(HfToken& token, std::string_view key, std::string_view value) {
  if (key == "hf_token") token.token = value;
  if (key != "expires_at") return;
  std::int64_t seconds = 0;
  const char* end = value.data() + value.size();
  const auto [stop, problem] = std::from_chars(value.data(), end, seconds);
  if (problem == std::errc{} && stop == end) token.expires_at_s = seconds;
}

}  // namespace

std::vector<HfToken> parse_hf_tokens(std::string_view ini) {
  std::vector<HfToken> tokens;
  bool in_section = false;
  while (!ini.empty()) {
    const std::string_view line = take_line(ini);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      if (tokens.size() == kMaxTokens) break;
      in_section = line.back() == ']' && line.size() > 2;
      if (in_section) tokens.push_back({.name = std::string(line.substr(1, line.size() - 2))});
      continue;
    }
    const std::size_t at = line.find_first_of("=:");
    if (in_section && at != line.npos)
      set(tokens.back(), trimmed(line.substr(0, at), kSpace), trimmed(line.substr(at + 1), kSpace));
  }
  std::erase_if(tokens, [](const HfToken& token) { return token.token.empty(); });
  return tokens;
}

bool has_ended(const std::vector<HfToken>& stored, std::string_view token, std::int64_t now_s) {
  return std::ranges::any_of(stored, [&](const HfToken& one) {
    return one.token == token && one.expires_at_s && *one.expires_at_s <= now_s;
  });
}

}  // namespace mhub::remote
