#include "repo_type.hpp"

#include <mhub/base/error.hpp>

namespace mhub::cli {

wire::RepoType repo_type(const std::string& text) {
  if (text.empty()) return wire::RepoType::model;
  const auto type = wire::parse_repo_type(text);
  if (!type) throw Error(ErrorKind::usage, "{} is no type of repository", printable(text));
  return *type;
}

}  // namespace mhub::cli
