#pragma once
// Words of the command line that CLI11 must take as they are.
//
// CLI11 reads meaning into some words: one that begins with '-' is an option, and an argument in
// square brackets is a list to be split at commas. Where such a word is a name (a file `[old]`, or
// anything after "--") it goes through CLI11 behind a mark, which the argument takes off again.

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace mhub::cli {

struct PlainWords {
  std::vector<std::string> words;  ///< for CLI11, without the "--" that ends the options
  /// How many words stood after "--", if that was there; they are the last of `words`.
  std::optional<std::size_t> after_dashes;
};

/// Marks the arguments among `words` (without the program's name) that need it. `app` knows which
/// options take a value: such a value is left alone, be it "--".
PlainWords mark_plain_words(const CLI::App& app, const std::vector<std::string>& words);

/// `word` without its mark, if it has one.
std::string without_mark(std::string word);

/// `text`, such as a message of CLI11, without any marks.
std::string without_marks(std::string text);

}  // namespace mhub::cli
