#pragma once
// One .gitattributes file, parsed; private to src/repo.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "path_pattern.hpp"

namespace mhub::repo {

/// Longer files of rules are passed over, as git does with absurd ones.
inline constexpr std::uint64_t kRulesFileLimitBytes = 16 << 20;

struct Assignment {
  std::string name;
  /// "set", "unset" or the text; nothing for "!name", which makes it unspecified again.
  std::optional<std::string> value;
};

/// A line of rules. A macro definition ("[attr]name …") has `macro` set and no pattern.
struct AttributeRule {
  std::string pattern_text;  ///< with quotation marks undone
  std::optional<PathPattern> pattern;
  std::string macro;
  std::vector<Assignment> assignments;
};

/// Nothing for empty lines, comments, and rules that git does not accept ("!pattern").
std::optional<AttributeRule> parse_attribute_line(std::string_view line);
std::vector<AttributeRule> parse_attribute_file(std::string_view text);

/// Calls `visit(line)` for each line, without its LF.
template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    visit(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace mhub::repo
