#pragma once
// Which paths `add` and `status` pass over; private to src/repo.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <mhub/repo/repository.hpp>

#include "path_pattern.hpp"

namespace mhub::repo {

/// Rules of .gitignore in every folder, info/exclude and core.excludesFile, by git's precedence.
/// Each file is read once, so an object lives as long as one walk.
class IgnoreRules {
public:
  /// Of the work tree.
  explicit IgnoreRules(Repository& repository);
  /// From what `read` returns as the text of a folder's .gitignore ("" is the root), and nothing
  /// else.
  using Read = std::function<std::optional<std::string>(const std::string& folder)>;
  explicit IgnoreRules(Read read) : read_(std::move(read)) {}

  /// Whether rules name `path` itself. A path below an ignored folder is ignored as well: a walk
  /// does not go there, anybody else asks is_ignored_with_parents().
  bool is_ignored(std::string_view path, bool is_folder);
  bool is_ignored_with_parents(std::string_view path, bool is_folder);

private:
  struct Rule {
    PathPattern pattern;
    bool negated;
  };
  using Rules = std::vector<Rule>;
  static Rules parse(const std::optional<std::string>& text);
  const Rules& rules_of(const std::string& folder);

  Read read_;
  bool ignore_case_ = false;
  std::unordered_map<std::string, Rules> folders_;
  Rules info_, user_;
};

}  // namespace mhub::repo
