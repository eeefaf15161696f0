#include "command.hpp"

#include "plain_words.hpp"

namespace mhub::cli {
namespace {

// CLI11 alone takes "" for 0 and wraps negative numbers.
std::string only_digits(const std::string& text) {
  const bool sound = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return sound ? "" : "a whole number is wanted, not '" + text + "'";
}

}  // namespace

CLI::App* add_command(CLI::App& parent, const char* name, const char* description,
                      const char* group) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->group(group);
  return command;
}

void examples(CLI::App* command, const std::vector<std::string>& lines) {
  std::string text = "Examples:";
  for (const std::string& line : lines) text += "\n  " + line;
  command->footer(text);
}

void on_run(CLI::App* command, Context& context, std::function<int()> work) {
  command->callback([command, &context, work = std::move(work)] {
    // A command with sub-commands is called back too when one of those was chosen.
    if (command->get_subcommands().empty()) context.action = work;
  });
}

CLI::Option* argument(CLI::App* command, const char* name, std::string& target,
                      const char* description) {
  return command->add_option(name, target, description)->type_name("")->transform(without_mark);
}

CLI::Option* arguments(CLI::App* command, const char* name, std::vector<std::string>& target,
                       const char* description) {
  return command->add_option(name, target, description)->type_name("")->transform(without_mark);
}

CLI::Option* value(CLI::App* command, const char* names, std::string& target, const char* value,
                   const char* description) {
  return command->add_option(names, target, description)
      ->type_name(value)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

CLI::Option* number(CLI::App* command, const char* names, std::uint64_t& target, const char* value,
                    const char* description) {
  return command->add_option(names, target, description)
      ->type_name(value)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->check(CLI::Validator(only_digits, ""));
}

CLI::Option* values(CLI::App* command, const char* names, std::vector<std::string>& target,
                    const char* value, const char* description) {
  return command->add_option(names, target, description)->type_name(value)->allow_extra_args(false);
}

CLI::Option* flag(CLI::App* command, const char* names, bool& target, const char* description) {
  return command->add_flag(names, target, description)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_min() > 0;  // flags have a type, too
}

}  // namespace mhub::cli
