#pragma once
// Completion scripts for shells, made from the command tree, so that they can't fall behind it.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace mhub::cli {

/// What a word on the line may be.
enum class Words { none, files, folders, choice };

struct CompletedOption {
  std::vector<std::string> names;  ///< with their dashes, "-m" before "--message"
  std::string description;
  bool takes_value = false;
  Words words = Words::none;         ///< of the value
  std::vector<std::string> choices;  ///< for Words::choice
};

struct CompletedCommand {
  std::string path;  ///< "" for mhub itself, "repo create"
  std::string description;
  std::vector<CompletedOption> options;
  std::vector<CompletedCommand> commands;
  Words words = Words::none;  ///< of the arguments
  std::vector<std::string> choices;
};

/// The shown part of `app`'s tree.
CompletedCommand describe_commands(const CLI::App& app);

std::string bash_completion(const CompletedCommand& root);
std::string zsh_completion(const CompletedCommand& root);
std::string fish_completion(const CompletedCommand& root);

}  // namespace mhub::cli
