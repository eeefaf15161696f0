// Glob matching as git does it. `*` may be followed by text that matches at several places; to stay
// linear in practice and never exponential, only the last `*` and the last `**/` are gone back to:
// an earlier `*` of the same folder could only give the later one less to choose from.

#include "path_pattern.hpp"

#include <algorithm>
#include <cctype>

#include <mhub/repo/attributes.hpp>

namespace mhub::repo {

namespace {

unsigned char folded(char c, bool ignore_case) {
  const auto byte = static_cast<unsigned char>(c);
  return ignore_case ? static_cast<unsigned char>(std::tolower(byte)) : byte;
}

bool in_class(std::string_view name, unsigned char c) {
  if (name == "alnum") return std::isalnum(c) != 0;
  if (name == "alpha") return std::isalpha(c) != 0;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return std::iscntrl(c) != 0;
  if (name == "digit") return std::isdigit(c) != 0;
  if (name == "graph") return std::isgraph(c) != 0;
  if (name == "lower") return std::islower(c) != 0;
  if (name == "print") return std::isprint(c) != 0;
  if (name == "punct") return std::ispunct(c) != 0;
  if (name == "space") return std::isspace(c) != 0;
  if (name == "upper") return std::isupper(c) != 0;
  if (name == "xdigit") return std::isxdigit(c) != 0;
  return false;
}

/// Matches `c` with the bracket expression that `at` points at; moves `at` behind it. An expression
/// that is not closed matches nothing.
bool bracket_matches(std::string_view pattern, std::size_t& at, char text, bool ignore_case) {
  const unsigned char c = folded(text, ignore_case);
  std::size_t i = at + 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < pattern.size(); first = false) {
    if (pattern[i] == ']' && !first) {
      at = i + 1;
      return found != negated && text != '/';
    }
    if (pattern.compare(i, 2, "[:") == 0) {
      const std::size_t end = pattern.find(":]", i + 2);
      if (end != std::string_view::npos) {
        const std::string_view name = pattern.substr(i + 2, end - i - 2);
        found = found || in_class(name, static_cast<unsigned char>(text)) ||
                (ignore_case && name == "upper" && std::isalpha(c) != 0);
        i = end + 2;
        continue;
      }
    }
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    const unsigned char low = folded(pattern[i], ignore_case);
    unsigned char high = low;
    ++i;
    if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
      ++i;
      if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
      high = folded(pattern[i], ignore_case);
      ++i;
    }
    found = found || (low <= c && c <= high);
  }
  at = pattern.size();
  return false;
}

/// Matches one character of `text` at `t` with what `p` points at; moves `p` behind it.
bool one_matches(std::string_view pattern, std::size_t& p, char c, bool ignore_case) {
  if (pattern[p] == '?') {
    ++p;
    return c != '/';
  }
  if (pattern[p] == '[') return bracket_matches(pattern, p, c, ignore_case);
  if (pattern[p] == '\\' && p + 1 < pattern.size()) ++p;
  const bool same = folded(pattern[p], ignore_case) == folded(c, ignore_case);
  ++p;
  return same;
}

constexpr std::size_t kNone = std::string_view::npos;

}  // namespace

bool wildmatch(std::string_view pattern, std::string_view text, bool ignore_case) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star_p = kNone, star_t = 0;    // after the last "*", and what it has swallowed up to
  std::size_t stars_p = kNone, stars_t = 0;  // the same for the last "**/"
  for (;;) {
    if (p < pattern.size() && pattern[p] == '*') {
      const std::size_t begin = p;
      while (p < pattern.size() && pattern[p] == '*') ++p;
      const bool alone_left = begin == 0 || pattern[begin - 1] == '/';
      const bool across =
          p - begin >= 2 && alone_left && (p == pattern.size() || pattern[p] == '/');
      if (across && p == pattern.size()) return true;
      if (across) {
        stars_p = ++p;
        stars_t = t;
        star_p = kNone;
      } else {
        star_p = p;
        star_t = t;
      }
      continue;
    }
    if (p == pattern.size() && t == text.size()) return true;
    if (p < pattern.size() && t < text.size()) {
      std::size_t next = p;
      if (one_matches(pattern, next, text[t], ignore_case)) {
        p = next;
        ++t;
        continue;
      }
    }
    if (star_p != kNone && star_t < text.size() && text[star_t] != '/') {
      p = star_p;
      t = ++star_t;
      continue;
    }
    if (stars_p == kNone) return false;
    const std::size_t slash = text.find('/', stars_t);
    if (slash == kNone) return false;
    stars_t = slash + 1;
    p = stars_p;
    t = stars_t;
    star_p = kNone;
  }
}

PathPattern::PathPattern(std::string_view text) {
  if (text.ends_with('/')) {
    only_folders_ = true;
    text.remove_suffix(1);
  }
  anchored_ = text.find('/') != std::string_view::npos;
  if (text.starts_with('/')) text.remove_prefix(1);
  constexpr std::string_view kSpecial = "*?[\\";
  plain_ = text.find_first_of(kSpecial) == std::string_view::npos;
  if (!anchored_ && text.starts_with('*') &&
      text.find_first_of(kSpecial, 1) == std::string_view::npos) {
    suffix_ = true;
    text.remove_prefix(1);
  }
  text_ = std::string(text);
}

bool PathPattern::matches(std::string_view path, bool ignore_case) const {
  std::string_view subject = path;
  if (!anchored_) {
    const std::size_t slash = path.rfind('/');
    if (slash != std::string_view::npos) subject.remove_prefix(slash + 1);
  }
  if (suffix_ && !ignore_case) return subject.ends_with(text_);
  if (plain_ && !ignore_case) return subject == text_;
  return wildmatch(suffix_ ? "*" + text_ : text_, subject, ignore_case);
}

bool take_quoted(std::string_view& line, std::string& out) {
  if (!line.starts_with('"')) return false;
  std::string text;
  for (std::size_t i = 1; i < line.size(); ++i) {
    char c = line[i];
    if (c == '"') {
      line.remove_prefix(i + 1);
      out = std::move(text);
      return true;
    }
    if (c == '\\') {
      if (++i == line.size()) return false;
      constexpr std::string_view kNames = "abfnrtv";
      constexpr std::string_view kValues = "\a\b\f\n\r\t\v";
      c = line[i];
      if (const std::size_t at = kNames.find(c); at != std::string_view::npos) {
        c = kValues[at];
      } else if (c >= '0' && c <= '3') {
        if (i + 2 >= line.size()) return false;
        int value = 0;
        for (std::size_t end = i + 3; i < end; ++i) {
          if (line[i] < '0' || line[i] > '7') return false;
          value = value * 8 + (line[i] - '0');
        }
        --i;
        c = static_cast<char>(value);
      } else if (c != '"' && c != '\\') {
        return false;
      }
    }
    text += c;
  }
  return false;
}

}  // namespace mhub::repo
