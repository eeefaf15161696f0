// Editing the rules that make a path a large file.

#include <algorithm>
#include <set>

#include <mhub/base/atomic_file.hpp>
#include <mhub/base/error.hpp>
#include <mhub/repo/attributes.hpp>

#include "attribute_file.hpp"
#include "handle.hpp"
#include "rules_file.hpp"

namespace mhub::repo {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSpace = "[[:space:]]";
constexpr std::string_view kLargeAttributes = "filter=lfs diff=lfs merge=lfs -text";

/// What a line says about `filter`: nothing if it says nothing.
const Assignment* filter_of(const AttributeRule& rule) {
  const auto found = std::find_if(rule.assignments.rbegin(), rule.assignments.rend(),
                                  [](const Assignment& a) { return a.name == "filter"; });
  return found == rule.assignments.rend() ? nullptr : &*found;
}

bool same_pattern(const AttributeRule& rule, std::string_view encoded) {
  return rule.pattern && decode_pattern(rule.pattern_text) == decode_pattern(encoded);
}

fs::path attributes_file(Repository& repository, const std::string& folder) {
  return repository.require_work_tree() / folder / ".gitattributes";
}

std::string with_lines(std::string_view text, const std::vector<std::string>& patterns) {
  const std::string_view line_end = text.find("\r\n") != std::string_view::npos ? "\r\n" : "\n";
  std::string out(text);
  if (!out.empty() && out.back() != '\n') out += line_end;
  for (const std::string& pattern : patterns) {
    out += fmt::format("{} {}{}", pattern, kLargeAttributes, line_end);
  }
  return out;
}

template <class Edit>
bool edit_file(Repository& repository, const std::string& folder, Edit edit) {
  const fs::path file = attributes_file(repository, folder);
  FileSystem& disk = real_file_system();
  const auto stat = disk.stat(file);
  std::string text;
  if (stat) {
    if (!stat->is_regular())
      throw Error(ErrorKind::conflict, "{} is not a regular file", printable(file.string()));
    text = std::string(as_text(read_file(disk, file, kRulesFileLimitBytes)));
  }
  const std::string changed = edit(text);
  if (changed == text) return false;
  repository.handle().attributes.reset();
  write_file_atomically(disk, file, as_bytes(changed), stat ? stat->mode & 0777 : 0666);
  return true;
}

}  // namespace

std::string encode_pattern(std::string_view pattern, bool literal) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\n' || c == '\0')
      throw Error(ErrorKind::usage, "a rule cannot name {}", printable(pattern));
    if (c == ' ' || c == '\t' || c == '\r') {
      out += kSpace;
      continue;
    }
    const bool special = literal && std::string_view("*?[\\").find(c) != std::string_view::npos;
    const bool special_first = i == 0 && std::string_view("#\"!").find(c) != std::string_view::npos;
    if (special || special_first) out += '\\';
    out += c;
  }
  return out;
}

std::string decode_pattern(std::string_view encoded) {
  std::string out;
  while (!encoded.empty()) {
    if (encoded.starts_with(kSpace)) {
      out += ' ';
      encoded.remove_prefix(kSpace.size());
      continue;
    }
    if (out.empty() && encoded.size() > 1 && encoded[0] == '\\' &&
        std::string_view("#\"!").find(encoded[1]) != std::string_view::npos)
      encoded.remove_prefix(1);
    out += encoded.front();
    encoded.remove_prefix(1);
  }
  return out;
}

std::string with_tracked(std::string_view text, std::string_view pattern) {
  bool in_force = false;
  for_each_line(text, [&](std::string_view line) {
    const auto rule = parse_attribute_line(line);
    if (!rule) return;
    const Assignment* filter = filter_of(*rule);
    if (filter == nullptr) return;
    if (filter->value != "lfs")
      in_force = false;  // it may take away what an earlier line gave
    else if (same_pattern(*rule, pattern))
      in_force = true;
  });
  if (in_force) return std::string(text);
  return with_lines(text, {std::string(pattern)});
}

std::string with_tracked_files(std::string_view text, const std::vector<std::string>& files) {
  std::vector<std::string> patterns;
  for (const std::string& file : files) {
    // Without a slash it would name files of that name in every folder.
    const bool is_top = file.find('/') == std::string::npos;
    patterns.push_back((is_top ? "/" : "") + encode_pattern(file, true));
  }
  return with_lines(text, patterns);
}

std::string without_tracked(std::string_view text, std::string_view pattern) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line =
        text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
    text.remove_prefix(line.size());
    const auto rule = parse_attribute_line(line.substr(0, line.find('\n')));
    const Assignment* filter = rule ? filter_of(*rule) : nullptr;
    if (filter != nullptr && filter->value == "lfs" && same_pattern(*rule, pattern)) continue;
    out += line;
  }
  return out;
}

bool track(Repository& repository, const std::vector<std::string>& patterns,
           const std::string& folder, bool literal) {
  return edit_file(repository, folder, [&](std::string text) {
    for (const std::string& pattern : patterns) {
      text = with_tracked(text, encode_pattern(pattern, literal));
    }
    return text;
  });
}

bool untrack(Repository& repository, const std::vector<std::string>& patterns,
             const std::string& folder) {
  return edit_file(repository, folder, [&](std::string text) {
    for (const std::string& pattern : patterns) {
      text = without_tracked(text, encode_pattern(pattern));
      text = without_tracked(text, encode_pattern(pattern, true));
    }
    return text;
  });
}

std::vector<TrackedPattern> tracked_patterns(Repository& repository) {
  std::set<std::string> files{".gitattributes"};
  constexpr std::string_view kTail = "/.gitattributes";
  Index::read(repository).for_each([&](const IndexEntry& entry) {
    if (entry.path.ends_with(kTail)) files.insert(entry.path);
  });
  std::vector<TrackedPattern> patterns;
  for (const std::string& file : files) {
    const auto text = read_rules_file(repository.require_work_tree() / file, false);
    if (!text) continue;
    for (const AttributeRule& rule : parse_attribute_file(*text)) {
      const Assignment* filter = filter_of(rule);
      if (!rule.pattern || filter == nullptr) continue;
      if (filter->value == "lfs")
        patterns.push_back({decode_pattern(rule.pattern_text), file, true});
      else if (!filter->value || filter->value == "unset")
        patterns.push_back({decode_pattern(rule.pattern_text), file, false});
    }
  }
  return patterns;
}

}  // namespace mhub::repo
