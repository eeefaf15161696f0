// Bash and zsh scripts hold one table: for each command its sub-commands, its options, and what its
// arguments are. A small fixed function walks the words typed so far through that table. Fish has
// conditions instead of a function.

#include "completion.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command.hpp"

namespace mhub::cli {
namespace {

bool is_placeholder(const std::string& name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// The value's name in help tells what it is: PATH, FILE, DIR, also as one of several
// ("REVISION|PATH"); "bash|zsh|fish" is a choice.
Words words_named(const std::string& name, std::vector<std::string>& choices) {
  const std::vector<std::string> parts = CLI::detail::split(name, '|');
  for (const std::string& part : parts) {
    if (part == "PATH" || part == "FILE") return Words::files;
    if (part == "DIR") return Words::folders;
  }
  if (parts.size() < 2 || std::any_of(parts.begin(), parts.end(), is_placeholder)) {
    return Words::none;
  }
  choices = parts;
  return Words::choice;
}

CompletedCommand describe(const CLI::App& app, const std::string& path) {
  CompletedCommand command;
  command.path = path;
  command.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional()) {
      if (command.words == Words::none) {
        command.words = words_named(option->get_single_name(), command.choices);
      }
      continue;
    }
    CompletedOption described;
    for (const std::string& name : option->get_snames()) described.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) described.names.push_back("--" + name);
    described.description = option->get_description();
    described.takes_value = takes_value(*option);
    if (described.takes_value) {
      described.words = words_named(option->get_type_name(), described.choices);
    }
    command.options.push_back(std::move(described));
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->get_group().empty()) continue;
    command.commands.push_back(
        describe(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name()));
  }
  return command;
}

template <class Visit>
void for_each_command(const CompletedCommand& command, const Visit& visit) {
  visit(command);
  for (const CompletedCommand& sub : command.commands) for_each_command(sub, visit);
}

std::string last_word(const std::string& path) {
  return path.substr(path.rfind(' ') + 1);
}

std::vector<std::string> command_names(const CompletedCommand& command) {
  std::vector<std::string> names;
  for (const CompletedCommand& sub : command.commands) names.push_back(last_word(sub.path));
  return names;
}

std::string single_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string_view mark_of(Words words) {
  switch (words) {
    case Words::none:
      return "";
    case Words::files:
      return "@files";
    case Words::folders:
      return "@folders";
    case Words::choice:
      return "";
  }
  return "";
}

// "a b c", or "@files": what may stand here, as one shell word.
std::string words_text(Words words, const std::vector<std::string>& choices) {
  if (words == Words::choice) return fmt::format("{}", fmt::join(choices, " "));
  return std::string(mark_of(words));
}

// The two case tables that bash and zsh share, as shell functions: what follows a command, and what
// follows an option.
std::string shell_tables(const CompletedCommand& root) {
  std::string subs, options, arguments, values;
  std::vector<std::string> global_values;
  for_each_command(root, [&](const CompletedCommand& command) {
    std::vector<std::string> option_words;
    for (const CompletedOption& option : command.options) {
      for (const std::string& name : option.names) {
        option_words.push_back(name);
        if (!option.takes_value) continue;
        values += fmt::format("    {}) words={} ;;\n", single_quoted(command.path + "/" + name),
                              single_quoted(words_text(option.words, option.choices)));
      }
    }
    const std::string label = single_quoted(command.path);
    if (!command.commands.empty()) {
      subs += fmt::format("    {}) words={} ;;\n", label,
                          single_quoted(fmt::format("{}", fmt::join(command_names(command), " "))));
    }
    options += fmt::format("    {}) words={} ;;\n", label,
                           single_quoted(fmt::format("{}", fmt::join(option_words, " "))));
    if (command.words != Words::none) {
      arguments += fmt::format("    {}) words={} ;;\n", label,
                               single_quoted(words_text(command.words, command.choices)));
    }
  });
  const auto table = [](std::string_view name, const std::string& cases) {
    // 1 if there is no entry.
    return fmt::format("_mhub_{}() {{\n  words=\n  case $1 in\n{}    *) return 1 ;;\n  esac\n}}\n",
                       name, cases);
  };
  return table("commands_of", subs) + table("options_of", options) +
         table("arguments_of", arguments) + table("values_of", values);
}

// Finds the command that the words typed so far have chosen: leaves its path in `command` and, if
// the word before the cursor is an option that wants a value, what it wants in `words`.
constexpr std::string_view kShellWalk =
    R"sh(# Sets `command` to the command typed so far; `wants` to 1 if an option's value comes next.
_mhub_walk() {
  local word words
  command= wants=0
  for word in "$@"; do
    if [ "$wants" = 1 ]; then wants=0; continue; fi
    case $word in
      -*)
        if _mhub_values_of "$command/$word" || _mhub_values_of "/$word"; then wants=1; fi ;;
      *)
        if _mhub_commands_of "$command"; then
          case " $words " in
            *" $word "*) command=${command:+$command }$word ;;
          esac
        fi ;;
    esac
  done
}
# Sets `words` to what may stand at the cursor; $1 is the word there, $2 the one before.
_mhub_words() {
  if [ "$wants" = 1 ]; then
    _mhub_values_of "$command/$2" || _mhub_values_of "/$2" || words=
    return
  fi
  case $1 in
    -*)
      local own=
      _mhub_options_of "$command" && own=$words
      _mhub_options_of "" && words="$own $words"
      return ;;
  esac
  _mhub_commands_of "$command" || _mhub_arguments_of "$command" || words=
}
)sh";

}  // namespace

CompletedCommand describe_commands(const CLI::App& app) {
  return describe(app, "");
}

std::string bash_completion(const CompletedCommand& root) {
  return "# bash completion for mhub; made by `mhub completion bash`\n" + shell_tables(root) +
         std::string(kShellWalk) + R"sh(_mhub() {
  local command wants words current=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  _mhub_walk "${COMP_WORDS[@]:1:COMP_CWORD-1}"
  _mhub_words "$current" "${COMP_WORDS[COMP_CWORD-1]}"
  case $words in
    @files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    @folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
  esac
}
complete -F _mhub mhub
)sh";
}

std::string zsh_completion(const CompletedCommand& root) {
  // Sub-commands come with their descriptions here.
  std::string described;
  for_each_command(root, [&](const CompletedCommand& command) {
    if (command.commands.empty()) return;
    described += fmt::format("    {})\n      described=(\n", single_quoted(command.path));
    for (const CompletedCommand& sub : command.commands) {
      described +=
          fmt::format("        {}\n", single_quoted(last_word(sub.path) + ":" + sub.description));
    }
    described += "      ) ;;\n";
  });
  return "#compdef mhub\n# zsh completion for mhub; made by `mhub completion zsh`\n" +
         shell_tables(root) + std::string(kShellWalk) + R"sh(_mhub_described() {
  case $1 in
)sh" + described +
         R"sh(    *) return 1 ;;
  esac
}
_mhub_main() {
  local command wants current=$words[CURRENT] before=$words[CURRENT-1]
  local -a typed described
  typed=("${(@)words[2,CURRENT-1]}")
  local words
  _mhub_walk "${typed[@]}"
  if [[ $wants = 0 && $current != -* ]] && _mhub_described "$command"; then
    _describe command described
    return
  fi
  _mhub_words "$current" "$before"
  case $words in
    @files) _files ;;
    @folders) _files -/ ;;
    *) compadd -- ${=words} ;;
  esac
}
if [ "$funcstack[1]" = _mhub ]; then _mhub_main "$@"; else compdef _mhub_main mhub; fi
)sh";
}

std::string fish_completion(const CompletedCommand& root) {
  std::string text =
      "# fish completion for mhub; made by `mhub completion fish`\n"
      "complete -c mhub -f\n";
  for_each_command(root, [&](const CompletedCommand& command) {
    // True where this command has been typed, and, for offering its sub-commands, none of them.
    std::string here;
    if (!command.path.empty()) {
      for (const std::string& word : CLI::detail::split(command.path, ' ')) {
        here += fmt::format("{}__fish_seen_subcommand_from {}", here.empty() ? "" : "; and ", word);
      }
    }
    const auto condition = [](const std::string& test) {
      return test.empty() ? std::string() : fmt::format(" -n {}", single_quoted(test));
    };
    if (!command.commands.empty()) {
      const std::string names = fmt::format("{}", fmt::join(command_names(command), " "));
      const std::string open =
          command.path.empty()
              ? "__fish_use_subcommand"
              : fmt::format("{}; and not __fish_seen_subcommand_from {}", here, names);
      for (const CompletedCommand& sub : command.commands) {
        text += fmt::format("complete -c mhub{} -a {} -d {}\n", condition(open),
                            last_word(sub.path), single_quoted(sub.description));
      }
    }
    if (command.words == Words::files) {
      text += fmt::format("complete -c mhub{} -F\n", condition(here));
    } else if (command.words == Words::folders) {
      text +=
          fmt::format("complete -c mhub{} -a '(__fish_complete_directories)'\n", condition(here));
    } else if (command.words == Words::choice) {
      text += fmt::format("complete -c mhub{} -a {}\n", condition(here),
                          single_quoted(fmt::format("{}", fmt::join(command.choices, " "))));
    }
    for (const CompletedOption& option : command.options) {
      std::string line = "complete -c mhub" + condition(here);
      for (const std::string& name : option.names) {
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (option.takes_value) {
        line += option.words == Words::files ? " -r -F" : " -x";
        if (option.words == Words::folders) line += " -a '(__fish_complete_directories)'";
        if (option.words == Words::choice) {
          line += " -a " + single_quoted(fmt::format("{}", fmt::join(option.choices, " ")));
        }
      }
      text += line + " -d " + single_quoted(option.description) + "\n";
    }
  });
  return text;
}

}  // namespace mhub::cli
