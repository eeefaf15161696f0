#include "hf/compare.hpp"

#include <nlohmann/json.hpp>

#include "git/child.hpp"
#include "git/git_face.hpp"
#include "hf/files.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::size_t kDiffBytesAtMost = std::size_t{16} << 20;

repo::ObjectId require_commit(repo::Repository& git, const std::string& name) {
  const auto commit = commit_named(git, name);
  if (!commit) refuse_revision(name);
  return *commit;
}

/// Both ends, and whether the difference is from where they parted ("...").
struct Ends {
  std::string from;
  std::string to;
  bool is_from_base = false;
};
Ends ends_of(const std::string& text) {
  // No name of a revision holds two dots in a row.
  const auto dots = text.find("..");
  if (dots == std::string::npos || dots == 0)
    throw Refused(400, "say what to compare as A..B or A...B");
  Ends ends;
  ends.from = text.substr(0, dots);
  ends.is_from_base = text.compare(dots, 3, "...") == 0;
  ends.to = text.substr(dots + (ends.is_from_base ? 3 : 2));
  if (ends.to.empty()) throw Refused(400, "say what to compare as A..B or A...B");
  return ends;
}

Response compare(Call& call) {
  const Ends ends = ends_of(revision_from(call.rest));
  auto git = open_git(call);
  const auto from = require_commit(git, ends.from).hex();
  const auto to = require_commit(git, ends.to).hex();
  const HeldPass place = take_git_place(call);
  const GitSetup setup = git_setup(call.hub);
  ChildSpec spec;
  spec.folder = call.hub.folder.repo(call.repo->id);
  spec.environment = setup.environment();
  spec.arguments =
      setup.arguments({"diff", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames",
                       "-l400", ends.is_from_base ? from + "..." + to : from + ".." + to, "--"});
  std::string text;
  const RunResult result = run_to_end(spec, {}, [&](std::string_view piece) {
    if (piece.size() > kDiffBytesAtMost - text.size())
      throw Refused(413, "the difference is too large; let git show it");
    text += piece;
  });
  if (result.exit_code != 0)
    throw Error(ErrorKind::io, "git cannot compare in {}: {}", call.repo->name.path(),
                result.errors);
  return text_response(200, std::move(text));
}

Response tree_size(Call& call) {
  auto git = open_git(call);
  const RevisionPath where = require_revision_path(git, call.rest);
  std::uint64_t bytes = 0;
  const auto add = [&](const repo::PathEntry& entry) {
    if (entry.mode != repo::FileMode::submodule) bytes += read_hub_file(git, entry).size_bytes();
  };
  std::optional<repo::ObjectId> folder;
  if (where.path.empty()) {
    if (where.revision.commit) folder = repo::peel_to_tree(git, *where.revision.commit);
  } else {
    const auto entry = find_entry(git, where);
    if (!entry) return no_entry(call, where.revision);
    if (entry->mode == repo::FileMode::tree)
      folder = entry->id;
    else
      add(*entry);
  }
  if (folder) repo::walk_tree(git, *folder, add);
  const nlohmann::json answer = {{"path", "/" + where.path}, {"size", bytes}};
  return json_response(200, answer.dump());
}

}  // namespace

std::vector<Route> compare_routes() {
  Route differences;
  differences.pattern = "/api/{api_repo}/compare/*";
  differences.access = Access::repo_content;
  differences.run = Run::slow;
  differences.handle = compare;
  differences.is_long = always_long;
  Route size = differences;
  size.access = Access::repo_read;
  size.pattern = "/api/{api_repo}/treesize/*";
  size.handle = tree_size;
  return {differences, size};
}

}  // namespace mhub::serve
