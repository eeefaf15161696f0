#pragma once
// Which paths .gitignore files name, where there is no work tree to read them from.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mhub::repo {

class IgnoreRules;

/// Answers from .gitignore texts alone, by git's precedence. One thread at a time.
class IgnoredPaths {
public:
  /// The text of a folder's .gitignore ("" is the root); asked once a folder.
  using Read = std::function<std::optional<std::string>(const std::string& folder)>;
  explicit IgnoredPaths(Read read);
  ~IgnoredPaths();
  IgnoredPaths(const IgnoredPaths&) = delete;
  IgnoredPaths& operator=(const IgnoredPaths&) = delete;

  /// True if rules name the file `path` or a folder that it lies in.
  bool contains(std::string_view path);

private:
  std::unique_ptr<IgnoreRules> rules_;
};

}  // namespace mhub::repo
