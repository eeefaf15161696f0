#pragma once
// One pattern of .gitignore or .gitattributes; private to src/repo.

#include <string>
#include <string_view>

namespace mhub::repo {

/// A pattern as it applies to paths relative to the folder of the file that it stands in.
class PathPattern {
public:
  /// `text` without a leading "!" and without trailing blanks.
  explicit PathPattern(std::string_view text);

  /// `path` is relative to the pattern's folder.
  bool matches(std::string_view path, bool ignore_case) const;
  /// The pattern ended in "/": it is for folders alone.
  bool only_folders() const { return only_folders_; }

private:
  std::string text_;
  bool anchored_ = false;  ///< had a slash: applies to the whole path, else to the last part
  bool only_folders_ = false;
  bool suffix_ = false;  ///< "*" and then plain characters: text_ is those
  bool plain_ = false;   ///< no special characters at all
};

/// The text between double quotes at the start of `line` with C's escapes undone; `line` loses it.
/// Nothing if `line` does not begin with a well-formed quotation.
bool take_quoted(std::string_view& line, std::string& out);

}  // namespace mhub::repo
