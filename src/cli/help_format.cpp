#include "help_format.hpp"

namespace mhub::cli {
namespace {

class HelpFormat final : public CLI::Formatter {
public:
  HelpFormat() {
    column_width(28);
    label("Positionals", "Arguments");
    label("SUBCOMMAND", "COMMAND");
    label("OPTIONS", "OPTION...");
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0 || option->get_type_name().empty()) return "";
    return " " + option->get_type_name();
  }

  std::string make_footer(const CLI::App* app) const override {
    std::string footer = CLI::Formatter::make_footer(app);
    if (app->get_parent() != nullptr) {
      if (!footer.empty()) footer += "\n";
      footer += "Options of all commands (-C DIR, --json, -q, -v, ...): mhub --help\n";
    }
    return footer;
  }
};

}  // namespace

std::shared_ptr<CLI::Formatter> make_help_format() {
  return std::make_shared<HelpFormat>();
}

}  // namespace mhub::cli
