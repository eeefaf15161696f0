#pragma once
// The file in which Hugging Face's own tools keep the tokens of all their logins: an INI file with
// a section for each, its keys hf_token, refresh_token and expires_at.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mhub::remote {

struct HfToken {
  std::string name = {};
  std::string token = {};                         ///< a secret
  std::optional<std::int64_t> expires_at_s = {};  ///< Unix seconds; nothing: it does not end
  bool operator==(const HfToken&) const = default;
};

/// In the file's order; sections without a token are left out, as is what makes no sense. Pure.
std::vector<HfToken> parse_hf_tokens(std::string_view ini);

/// True if `token` is one of `stored` and has ended by `now_s`. Pure.
bool has_ended(const std::vector<HfToken>& stored, std::string_view token, std::int64_t now_s);

}  // namespace mhub::remote
