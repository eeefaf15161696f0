#include "ignore.hpp"

#include <mhub/repo/ignored_paths.hpp>

#include "attribute_file.hpp"
#include "handle.hpp"
#include "rules_file.hpp"

namespace mhub::repo {

IgnoreRules::IgnoreRules(Repository& repository)
    : read_([root = repository.require_work_tree()](const std::string& folder) {
        return read_rules_file(root / folder / ".gitignore", false);
      }),
      ignore_case_(repository.handle().settings().ignore_case),
      info_(parse(read_rules_file(repository.common_folder() / "info" / "exclude", true))) {
  auto file = repository.config().get_path("core.excludesFile");
  if (!file) file = user_rules_file("ignore");
  if (file) user_ = parse(read_rules_file(*file, true));
}

IgnoreRules::Rules IgnoreRules::parse(const std::optional<std::string>& content) {
  Rules rules;
  if (!content) return rules;
  std::string_view text = *content;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for_each_line(text, [&](std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('#')) return;
    // Blanks at the end count only behind a backslash.
    while (line.ends_with(' ') && !(line.size() > 1 && line[line.size() - 2] == '\\'))
      line.remove_suffix(1);
    const bool negated = line.starts_with('!');
    if (negated) line.remove_prefix(1);
    if (line.empty() || line == "/") return;
    rules.push_back({PathPattern(line), negated});
  });
  return rules;
}

const IgnoreRules::Rules& IgnoreRules::rules_of(const std::string& folder) {
  const auto found = folders_.find(folder);
  if (found != folders_.end()) return found->second;
  return folders_.emplace(folder, parse(read_(folder))).first->second;
}

bool IgnoreRules::is_ignored(std::string_view path, bool is_folder) {
  const auto decide = [&](const Rules& rules, std::string_view relative) -> std::optional<bool> {
    for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
      if (rule->pattern.only_folders() && !is_folder) continue;
      if (rule->pattern.matches(relative, ignore_case_)) return !rule->negated;
    }
    return std::nullopt;
  };
  std::size_t end = path.rfind('/');
  for (;;) {
    const std::string folder =
        end == std::string_view::npos ? std::string() : std::string(path.substr(0, end));
    const std::string_view relative = folder.empty() ? path : path.substr(folder.size() + 1);
    if (const auto decided = decide(rules_of(folder), relative)) return *decided;
    if (folder.empty()) break;
    end = folder.rfind('/');
  }
  if (const auto decided = decide(info_, path)) return *decided;
  return decide(user_, path).value_or(false);
}

bool IgnoreRules::is_ignored_with_parents(std::string_view path, bool is_folder) {
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    if (is_ignored(path.substr(0, slash), true)) return true;
  }
  return is_ignored(path, is_folder);
}

IgnoredPaths::IgnoredPaths(Read read) : rules_(std::make_unique<IgnoreRules>(std::move(read))) {}
IgnoredPaths::~IgnoredPaths() = default;

bool IgnoredPaths::contains(std::string_view path) {
  return rules_->is_ignored_with_parents(path, false);
}

}  // namespace mhub::repo
