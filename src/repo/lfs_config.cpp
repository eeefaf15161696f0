// The file is in git's format for settings. libgit2 reads that from files alone, and would follow
// the "include" sections of a stranger's file to any other file of this machine.

#include <mhub/base/error.hpp>
#include <mhub/base/text.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/lfs_config.hpp>
#include <mhub/repo/objects.hpp>

#include "attribute_file.hpp"
#include "rules_file.hpp"

namespace mhub::repo {

namespace {

constexpr const char* kFile = ".lfsconfig";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_name(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool names_a_server(const std::string& key) {
  constexpr std::string_view kRemote = "remote.", kUrl = ".lfsurl";
  return key == "lfs.url" || key == "lfs.pushurl" ||
         (key.starts_with(kRemote) && key.ends_with(kUrl) &&
          key.size() > kRemote.size() + kUrl.size());
}

class Reader {
public:
  explicit Reader(std::string_view text) : text_(text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  std::map<std::string, std::string> read() {
    std::map<std::string, std::string> settings;
    std::string section;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' || is_blank(c)) {
        take();
      } else if (c == '#' || c == ';') {
        skip_line();
      } else if (c == '[') {
        section = read_section();
      } else if (is_letter(c) && !section.empty()) {
        const std::string key = section + "." + lower_case(read_name(is_name));
        std::string value = read_value();
        if (names_a_server(key)) settings[key] = std::move(value);
      } else {
        refuse();
      }
    }
    return settings;
  }

private:
  [[noreturn]] void refuse() const {
    throw Error(ErrorKind::config, "{}, line {}: not a setting as git writes them", kFile, line_);
  }

  bool at_line_end() const { return at_ == text_.size() || text_[at_] == '\n'; }

  char take() {
    if (text_[at_] == '\n') ++line_;
    return text_[at_++];
  }

  void skip_line() {
    while (!at_line_end()) ++at_;
  }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  template <class Belongs>
  std::string_view read_name(Belongs belongs) {
    const std::size_t start = at_;
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  /// "[section]", '[section "subsection"]' or the old "[section.subsection]".
  std::string read_section() {
    ++at_;
    std::string name = lower_case(read_name([](char c) { return is_name(c) || c == '.'; }));
    skip_blanks();
    if (!name.empty() && at_ < text_.size() && text_[at_] == '"') {
      ++at_;
      name += '.';
      while (!at_line_end() && text_[at_] != '"') {
        if (text_[at_] == '\\') ++at_;
        if (at_line_end()) break;
        name += text_[at_++];
      }
      if (at_line_end()) refuse();
      ++at_;
    }
    if (name.empty() || at_line_end() || text_[at_] != ']') refuse();
    ++at_;
    return name;
  }

  std::string read_value() {
    skip_blanks();
    if (at_line_end()) return "true";
    if (text_[at_] == '#' || text_[at_] == ';') {
      skip_line();
      return "true";
    }
    if (text_[at_] != '=') refuse();
    ++at_;
    skip_blanks();
    std::string value;
    std::size_t kept = 0;  // blanks at the end count only in quotes
    bool quoted = false;
    while (!at_line_end()) {
      const char c = text_[at_];
      if (!quoted && (c == '#' || c == ';')) {
        skip_line();
        break;
      }
      ++at_;
      if (c == '"') {
        quoted = !quoted;
        kept = value.size();
      } else if (c == '\\') {
        if (at_ < text_.size() && text_[at_] == '\r') ++at_;
        if (at_ == text_.size()) break;
        read_escaped(value);
        kept = value.size();
      } else {
        value += c;
        if (quoted || !is_blank(c)) kept = value.size();
      }
    }
    if (quoted) refuse();
    value.resize(kept);
    return value;
  }

  void read_escaped(std::string& value) {
    switch (take()) {
      case '\n':
        break;
      case 'n':
        value += '\n';
        break;
      case 't':
        value += '\t';
        break;
      case 'b':
        value += '\b';
        break;
      case '"':
        value += '"';
        break;
      case '\\':
        value += '\\';
        break;
      default:
        refuse();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

std::optional<std::string> committed_text(Repository& repository) {
  std::optional<ObjectId> blob;
  if (const auto entry = Index::read(repository).find(kFile)) {
    if (is_file(entry->mode)) blob = entry->id;
  } else if (const auto tree = head_tree(repository)) {
    const auto found = find_in_tree(repository, *tree, kFile);
    if (found && is_file(found->mode)) blob = found->id;
  }
  if (!blob || object_size(repository, *blob) > kRulesFileLimitBytes) return std::nullopt;
  return std::string(as_text(read_blob(repository, *blob, kRulesFileLimitBytes)));
}

}  // namespace

std::map<std::string, std::string> read_lfs_config(Repository& repository) {
  std::optional<std::string> text;
  if (const auto root = repository.work_tree()) text = read_rules_file(*root / kFile, false);
  if (!text) text = committed_text(repository);
  return text ? Reader(*text).read() : std::map<std::string, std::string>();
}

}  // namespace mhub::repo
