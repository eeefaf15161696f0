// mhub diff

#include <mhub/base/error.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/diff.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"
#include "revision_arguments.hpp"

namespace mhub::cli {
namespace {

struct DiffCommand {
  std::vector<std::string> arguments;
  bool staged = false;
  bool names_only = false;
  bool exit_code = false;
};

repo::ObjectId require_tree(repo::Repository& repository, const std::string& revision) {
  const auto id = repo::find_revision(repository, revision.empty() ? "HEAD" : revision);
  const auto tree = id ? repo::peel_to_tree(repository, *id) : std::nullopt;
  if (!tree) throw Error(ErrorKind::not_found, "no revision {}", printable(revision));
  return *tree;
}

std::vector<sync::FileDiff> find_changes(Context& context, const DiffCommand& command) {
  const RevisionArguments given = read_revision_arguments(context, command.arguments);
  repo::Repository& repository = context.repository();
  const sync::Tools tools = context.tools();
  if (given.revisions.size() > 2 || (command.staged && given.revisions.size() > 1)) {
    throw Error(ErrorKind::usage, "too many revisions");
  }
  if (given.revisions.size() == 2) {
    return sync::diff_trees(repository, require_tree(repository, given.revisions[0]),
                            require_tree(repository, given.revisions[1]), given.paths);
  }
  const std::string revision = given.revisions.empty() ? "" : given.revisions[0];
  if (command.staged) return sync::diff_staged(context.workspace(), revision, given.paths, tools);
  if (revision.empty()) return sync::diff_unstaged(context.workspace(), given.paths, tools);

  const auto dots = revision.find("..");
  if (dots == std::string::npos) {
    return sync::diff_revision_to_work_tree(context.workspace(), revision, given.paths, tools);
  }
  const std::string from = revision.substr(0, dots);
  if (!revision.substr(dots).starts_with("...")) {
    return sync::diff_trees(repository, require_tree(repository, from),
                            require_tree(repository, revision.substr(dots + 2)), given.paths);
  }
  // "a...b": what b changed since both were one.
  const std::string to = revision.substr(dots + 3);
  const auto commit = [&](const std::string& side) {
    return repo::require_commit(repository, side.empty() ? "HEAD" : side);
  };
  const auto base = repo::merge_base(repository, commit(from), commit(to));
  if (!base) throw Error(ErrorKind::not_found, "{} have no commit in common", printable(revision));
  return sync::diff_trees(repository, repo::peel_to_tree(repository, *base),
                          require_tree(repository, to), given.paths);
}

int diff(Context& context, const DiffCommand& command) {
  const auto changes = find_changes(context, command);
  context.end_progress();
  if (context.json()) {
    Json all = Json::array();
    for (const sync::FileDiff& change : changes) all.push_back(to_json(change));
    context.out().document(all);
  } else {
    for (const sync::FileDiff& change : changes) {
      context.out().write((command.names_only ? printable(change.path) : diff_line(change)) + "\n");
    }
  }
  return command.exit_code && !changes.empty() ? kExitFailed : kExitDone;
}

}  // namespace

void add_diff(CLI::App& app, Context& context) {
  auto options = std::make_shared<DiffCommand>();
  CLI::App* command = add_command(app, "diff", "List changed files with their sizes", group::kWork);
  arguments(command, "REVISION|PATH", options->arguments,
            "What to compare with, A..B for two commits; then paths");
  flag(command, "--cached,--staged", options->staged, "What is staged, against HEAD");
  flag(command, "--name-only", options->names_only, "Only paths");
  flag(command, "--exit-code", options->exit_code, "End with 1 if there are changes");
  examples(command, {"mhub diff", "mhub diff --cached", "mhub diff v1..HEAD -- models"});
  on_run(command, context, [options, &context] { return diff(context, *options); });
}

}  // namespace mhub::cli
