#pragma once
// Arguments that are revisions first and paths after them, as git's log and diff take them.

#include <string>
#include <string_view>
#include <vector>

#include <mhub/repo/objects.hpp>

#include "context.hpp"

namespace mhub::cli {

struct RevisionArguments {
  std::vector<std::string> revisions;
  std::vector<std::string> paths;  ///< from the repository's root
};

/// Words before "--" that name a revision are revisions; from the first that does not, all are
/// paths, which must then exist or be tracked. Words after "--" are paths. Throws Error: not_found
/// for a word that is neither.
RevisionArguments read_revision_arguments(Context& context, const std::vector<std::string>& words);

/// The lines of a commit's or tag's message, each indented as `git log` does it.
std::string indented_message(std::string_view message);

/// "commit …", author, date and the message, as `git log` shows them. `names` stands behind the id.
std::string commit_header(const Output& out, const repo::Commit& commit, const std::string& names);

}  // namespace mhub::cli
