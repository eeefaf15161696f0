#include "plain_words.hpp"

#include <algorithm>

#include "command.hpp"

namespace mhub::cli {
namespace {

constexpr char kMark = '\x01';

// The option of `app` or of a command above it.
const CLI::Option* find_option(const CLI::App* app, const std::string& name) {
  for (; app != nullptr; app = app->get_parent()) {
    if (const CLI::Option* found = app->get_option_no_throw(name)) return found;
  }
  return nullptr;
}

// True if the word after this one, which begins with '-', is its value.
bool wants_next(const CLI::App* command, const std::string& word) {
  if (word.starts_with("--")) {
    const CLI::Option* option = find_option(command, word);  // none for "--name=value"
    return option != nullptr && takes_value(*option);
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    const CLI::Option* option = find_option(command, std::string("-") + word[i]);
    if (option == nullptr) return false;
    if (takes_value(*option)) return i + 1 == word.size();
  }
  return false;
}

const CLI::App* find_command(const CLI::App* app, const std::string& name) {
  for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->get_name() == name) return sub;
  }
  return nullptr;
}

bool needs_mark(const std::string& word) {
  return !word.empty() && (word.front() == kMark || (word.front() == '[' && word.back() == ']'));
}

}  // namespace

PlainWords mark_plain_words(const CLI::App& app, const std::vector<std::string>& words) {
  PlainWords marked;
  const CLI::App* command = &app;
  bool is_value = false;
  for (const std::string& word : words) {
    if (marked.after_dashes) {
      ++*marked.after_dashes;
      const bool mark = needs_mark(word) || word.starts_with('-');
      marked.words.push_back(mark ? kMark + word : word);
    } else if (is_value) {
      is_value = false;
      marked.words.push_back(word);
    } else if (word == "--") {
      marked.after_dashes = 0;
    } else if (word.starts_with('-')) {
      is_value = wants_next(command, word);
      marked.words.push_back(word);
    } else {
      if (const CLI::App* sub = find_command(command, word)) command = sub;
      marked.words.push_back(needs_mark(word) ? kMark + word : word);
    }
  }
  return marked;
}

std::string without_mark(std::string word) {
  if (word.starts_with(kMark)) word.erase(0, 1);
  return word;
}

std::string without_marks(std::string text) {
  std::erase(text, kMark);
  return text;
}

}  // namespace mhub::cli
