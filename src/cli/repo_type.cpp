#include "repo_type.hpp"

#include <CLI/CLI.hpp>

#include <mhub/base/error.hpp>
#include <mhub/wire/hub_repos.hpp>

#include "command.hpp"

namespace mhub::cli {

wire::RepoType repo_type(const std::string& text) {
  if (text.empty()) return wire::RepoType::model;
  const auto type = wire::parse_repo_type(text);
  if (!type) throw Error(ErrorKind::usage, "{} is no type of repository", printable(text));
  return *type;
}

wire::RepoType agreed_type(const std::string& shown, wire::RepoType named,
                           const std::string& type) {
  const wire::RepoType wanted = type.empty() ? named : repo_type(type);
  if (named != wanted && named != wire::RepoType::model) {
    throw Error(ErrorKind::usage, "{} is a {} by its name, and a {} by --type", printable(shown),
                wire::name_of(named), type);
  }
  return wanted;
}

void add_space_sdk(CLI::App* command, std::string& sdk) {
  const std::vector<std::string> known(wire::kSpaceSdks.begin(), wire::kSpaceSdks.end());
  value(command, "--space-sdk", sdk, fmt::format("{}", fmt::join(known, "|")).c_str(),
        "If a space has to be made, what it runs on")
      ->check(CLI::IsMember(known).description(""));
}

}  // namespace mhub::cli
