#include "revision_arguments.hpp"

#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/base/file_system.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/refs.hpp>

#include "describe.hpp"

namespace mhub::cli {
namespace {

bool names_revision(repo::Repository& repository, std::string word) {
  if (word.starts_with('^')) word.erase(0, 1);
  const auto dots = word.find("..");
  if (dots == std::string::npos) return repo::find_revision(repository, word).has_value();
  const std::string from = word.substr(0, dots);
  std::string to = word.substr(dots + 2);
  if (to.starts_with('.')) to.erase(0, 1);
  const auto known = [&](const std::string& side) {
    return side.empty() || repo::find_revision(repository, side).has_value();
  };
  return known(from) && known(to);
}

bool names_path(Context& context, const std::string& word) {
  if (real_file_system().stat(context.absolute(word))) return true;
  const std::string path = context.in_repository(word);
  const repo::Index index = repo::Index::read(context.repository());
  return index.find(path) || index.has_folder(path);
}

}  // namespace

RevisionArguments read_revision_arguments(Context& context, const std::vector<std::string>& words) {
  RevisionArguments found;
  std::vector<std::string> paths;
  // Where the paths must begin at the latest, and may be names of files that exist no longer.
  const auto end = words.end() - static_cast<std::ptrdiff_t>(std::min(
                                     context.words_after_dashes.value_or(0), words.size()));
  auto word = words.begin();
  for (; word != end && names_revision(context.repository(), *word); ++word) {
    found.revisions.push_back(*word);
  }
  if (word != end && context.words_after_dashes) {
    throw Error(ErrorKind::not_found, "no revision {}", printable(*word));
  }
  for (; word != words.end(); ++word) {
    if (!context.words_after_dashes && !names_path(context, *word)) {
      throw Error(ErrorKind::not_found, "{} is neither a revision nor a path", printable(*word))
          .hint("put `--` before paths that exist no longer");
    }
    paths.push_back(*word);
  }
  found.paths = context.in_repository(paths);
  return found;
}

std::string indented_message(std::string_view message) {
  std::string text;
  while (message.ends_with('\n')) message.remove_suffix(1);
  while (!message.empty()) {
    const auto end = std::min(message.find('\n'), message.size());
    text += "    " + printable(message.substr(0, end)) + "\n";
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  return text;
}

std::string commit_header(const Output& out, const repo::Commit& commit, const std::string& names) {
  std::string text =
      fmt::format("{}{}\n", out.paint(Colour::yellow, "commit " + commit.id.hex()), names);
  if (commit.parents.size() > 1) {
    text += "Merge:";
    for (const repo::ObjectId& parent : commit.parents) text += " " + parent.short_hex();
    text += "\n";
  }
  text += fmt::format("Author: {} <{}>\nDate:   {}\n\n", printable(commit.author.name),
                      printable(commit.author.email), git_time(commit.author));
  return text + indented_message(commit.message);
}

}  // namespace mhub::cli
