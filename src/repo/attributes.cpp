// Attribute lookup by git's rules: info/attributes, then each folder's file from the path's own up
// to the root, then the user's, then the system's; in a file the last matching line counts.

#include <algorithm>
#include <unordered_map>

#include <mhub/repo/attributes.hpp>
#include <mhub/repo/objects.hpp>

#include "attribute_file.hpp"
#include "handle.hpp"
#include "rules_file.hpp"

namespace mhub::repo {

namespace fs = std::filesystem;

namespace {

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r").find(text.front()) != std::string_view::npos)
    text.remove_prefix(1);
  while (!text.empty() && std::string_view(" \t\r").find(text.back()) != std::string_view::npos)
    text.remove_suffix(1);
  return text;
}

std::string_view take_word(std::string_view& text) {
  text = without_blanks(text);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

Assignment parse_assignment(std::string_view word) {
  if (word.starts_with('-')) return {std::string(word.substr(1)), "unset"};
  if (word.starts_with('!')) return {std::string(word.substr(1)), std::nullopt};
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return {std::string(word), "set"};
  return {std::string(word.substr(0, equals)), std::string(word.substr(equals + 1))};
}

}  // namespace

std::optional<AttributeRule> parse_attribute_line(std::string_view line) {
  line = without_blanks(line);
  if (line.empty() || line.starts_with('#')) return std::nullopt;
  AttributeRule rule;
  constexpr std::string_view kMacro = "[attr]";
  if (line.starts_with(kMacro)) {
    line.remove_prefix(kMacro.size());
    rule.macro = std::string(take_word(line));
  } else {
    if (!take_quoted(line, rule.pattern_text)) rule.pattern_text = std::string(take_word(line));
    if (rule.pattern_text.empty() || rule.pattern_text.starts_with('!')) return std::nullopt;
    rule.pattern.emplace(rule.pattern_text);
  }
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
    rule.assignments.push_back(parse_assignment(word));
  }
  return rule;
}

std::vector<AttributeRule> parse_attribute_file(std::string_view text) {
  std::vector<AttributeRule> rules;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for_each_line(text, [&](std::string_view line) {
    if (auto rule = parse_attribute_line(line)) rules.push_back(std::move(*rule));
  });
  return rules;
}

struct Attributes::State {
  using Rules = std::vector<AttributeRule>;
  /// The text of `folder`'s .gitattributes; "" is the root.
  std::function<std::optional<std::string>(const std::string& folder)> read;
  std::unordered_map<std::string, Rules> folders;
  Rules info, user, system;
  std::unordered_map<std::string, std::vector<Assignment>> macros;
  bool ignore_case = false;

  void define_macros(const Rules& rules) {
    for (const AttributeRule& rule : rules) {
      if (!rule.macro.empty()) macros[rule.macro] = rule.assignments;
    }
  }

  const Rules& rules_of(const std::string& folder) {
    const auto found = folders.find(folder);
    if (found != folders.end()) return found->second;
    Rules rules;
    if (const auto text = read(folder)) rules = parse_attribute_file(*text);
    return folders.emplace(folder, std::move(rules)).first->second;
  }
};

namespace {

using Known = std::unordered_map<std::string, std::optional<std::string>>;
using Macros = std::unordered_map<std::string, std::vector<Assignment>>;

/// What one lookup has found out so far; rules come in order of falling precedence.
class Lookup {
public:
  Lookup(std::string_view wanted, const Macros& macros, bool ignore_case)
      : wanted_(wanted), macros_(macros), ignore_case_(ignore_case) {}

  /// `path` relative to the rules' folder. True once the answer is known.
  bool apply(const std::vector<AttributeRule>& rules, std::string_view path) {
    for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
      if (!rule->pattern || rule->pattern->only_folders() || !concerns(rule->assignments)) continue;
      if (!rule->pattern->matches(path, ignore_case_)) continue;
      assign(rule->assignments, 0);
      if (known_.contains(std::string(wanted_))) return true;
    }
    return false;
  }

  std::optional<std::string> answer() const {
    const auto found = known_.find(std::string(wanted_));
    return found == known_.end() ? std::nullopt : found->second;
  }

private:
  bool concerns(const std::vector<Assignment>& assignments) const {
    return std::any_of(assignments.begin(), assignments.end(), [&](const Assignment& assignment) {
      return assignment.name == wanted_ || macros_.contains(assignment.name);
    });
  }

  void assign(const std::vector<Assignment>& assignments, int depth) {
    constexpr int kMacroDepthLimit = 16;
    if (depth > kMacroDepthLimit) return;
    for (auto assignment = assignments.rbegin(); assignment != assignments.rend(); ++assignment) {
      if (!known_.emplace(assignment->name, assignment->value).second) continue;
      const auto macro = macros_.find(assignment->name);
      if (macro != macros_.end() && assignment->value == "set") assign(macro->second, depth + 1);
    }
  }

  std::string_view wanted_;
  const Macros& macros_;
  bool ignore_case_;
  Known known_;
};

}  // namespace

Attributes::Attributes(std::unique_ptr<State> state) : state_(std::move(state)) {}
Attributes::Attributes(Attributes&&) noexcept = default;
Attributes& Attributes::operator=(Attributes&&) noexcept = default;
Attributes::~Attributes() = default;

std::unique_ptr<Attributes::State> Attributes::common_state(Repository& repository) {
  auto state = std::make_unique<State>();
  const auto load = [](const std::optional<fs::path>& file) {
    const auto text = file ? read_rules_file(*file, true) : std::nullopt;
    return text ? parse_attribute_file(*text) : State::Rules();
  };
  state->ignore_case = repository.handle().settings().ignore_case;
  state->info = load(repository.common_folder() / "info" / "attributes");
  auto user_file = repository.config().get_path("core.attributesFile");
  if (!user_file) user_file = user_rules_file("attributes");
  state->user = load(user_file);
  state->system = load(system_rules_file("gitattributes"));
  return state;
}

void Attributes::finish(State& state) {
  state.macros["binary"] = {{"diff", "unset"}, {"merge", "unset"}, {"text", "unset"}};
  // Macros are defined in these files alone; the later ones count.
  state.define_macros(state.system);
  state.define_macros(state.user);
  state.define_macros(state.rules_of(""));
  state.define_macros(state.info);
}

Attributes Attributes::of_work_tree(Repository& repository) {
  return of_index(repository, std::make_shared<const Index>(Index::read(repository)));
}

Attributes Attributes::of_work_tree(Repository& repository, const Index& index) {
  return of_index(repository, std::shared_ptr<const Index>(std::shared_ptr<const Index>(), &index));
}

Attributes Attributes::of_index(Repository& repository, std::shared_ptr<const Index> index) {
  auto state = common_state(repository);
  state->read = [&repository, index = std::move(index)](
                    const std::string& folder) -> std::optional<std::string> {
    const std::string name = folder.empty() ? ".gitattributes" : folder + "/.gitattributes";
    if (repository.work_tree()) {
      if (auto text = read_rules_file(*repository.work_tree() / name, false)) return text;
    }
    const auto entry = index->find(name);
    if (!entry || !is_file(entry->mode)) return std::nullopt;
    if (object_size(repository, entry->id) > kRulesFileLimitBytes) return std::nullopt;
    return std::string(as_text(read_blob(repository, entry->id, kRulesFileLimitBytes)));
  };
  finish(*state);
  return Attributes(std::move(state));
}

Attributes Attributes::of_tree(Repository& repository, const ObjectId& tree) {
  auto state = common_state(repository);
  state->read = [&repository, tree](const std::string& folder) -> std::optional<std::string> {
    const std::string name = folder.empty() ? ".gitattributes" : folder + "/.gitattributes";
    const auto entry = find_in_tree(repository, tree, name);
    if (!entry || !is_file(entry->mode)) return std::nullopt;
    if (object_size(repository, entry->id) > kRulesFileLimitBytes) return std::nullopt;
    return std::string(as_text(read_blob(repository, entry->id, kRulesFileLimitBytes)));
  };
  finish(*state);
  return Attributes(std::move(state));
}

Attributes Attributes::of_texts(
    std::function<std::optional<std::string>(const std::string&)> read) {
  auto state = std::make_unique<State>();
  state->read = std::move(read);
  finish(*state);
  return Attributes(std::move(state));
}

std::optional<std::string> Attributes::value(std::string_view path, std::string_view attribute) {
  Lookup lookup(attribute, state_->macros, state_->ignore_case);
  if (lookup.apply(state_->info, path)) return lookup.answer();
  std::size_t end = path.rfind('/');
  for (;;) {
    const std::string folder =
        end == std::string_view::npos ? "" : std::string(path.substr(0, end));
    const std::string_view relative = folder.empty() ? path : path.substr(folder.size() + 1);
    if (lookup.apply(state_->rules_of(folder), relative)) return lookup.answer();
    if (folder.empty()) break;
    end = folder.rfind('/');
  }
  if (lookup.apply(state_->user, path)) return lookup.answer();
  lookup.apply(state_->system, path);
  return lookup.answer();
}

bool Attributes::is_large(std::string_view path) {
  return value(path, "filter") == "lfs";
}

}  // namespace mhub::repo
