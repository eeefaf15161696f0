// mhub log

#include <mhub/base/error.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"
#include "revision_arguments.hpp"

namespace mhub::cli {
namespace {

struct LogCommand {
  std::vector<std::string> arguments;
  std::uint64_t limit = UINT64_MAX;
  bool oneline = false;
  bool first_parent = false;
  bool reverse = false;
  bool all = false;
};

// What points at each commit, for the names beside it.
std::multimap<repo::ObjectId, std::string> names_of_commits(repo::Repository& repository) {
  std::multimap<repo::ObjectId, std::string> names;
  const repo::HeadState head = repository.head();
  if (head.commit) {
    names.emplace(*head.commit, head.is_detached() ? "HEAD" : "HEAD -> " + printable(head.branch));
  }
  for (const repo::Ref& ref : repo::list_refs(repository)) {
    if (ref.name == "refs/heads/" + head.branch || ref.target.is_zero()) continue;
    const auto commit = repo::peel_to_commit(repository, ref.target);
    if (!commit) continue;
    const std::string name = printable(repo::short_ref_name(ref.name));
    names.emplace(*commit, ref.name.starts_with("refs/tags/") ? "tag: " + name : name);
  }
  return names;
}

void print_commit(Output& out, const repo::Commit& commit, const std::string& names, bool oneline,
                  bool first) {
  const std::string shown_names =
      names.empty() ? "" : " " + out.paint(Colour::green, "(" + names + ")");
  if (oneline) {
    out.print("{}{} {}\n", out.paint(Colour::yellow, commit.id.short_hex()), shown_names,
              printable(commit.summary()));
    return;
  }
  out.write(first ? "" : "\n");
  out.write(commit_header(out, commit, shown_names));
}

int log(Context& context, const LogCommand& command) {
  repo::Repository& repository = context.repository();
  repo::LogOptions options;
  const RevisionArguments given = read_revision_arguments(context, command.arguments);
  for (const std::string& revision : given.revisions) {
    const repo::RevisionRange range = repo::require_range(repository, revision);
    options.tips.insert(options.tips.end(), range.tips.begin(), range.tips.end());
    options.hidden.insert(options.hidden.end(), range.hidden.begin(), range.hidden.end());
  }
  if (command.all) {
    for (const repo::Ref& ref : repo::list_refs(repository)) {
      if (const auto commit = repo::peel_to_commit(repository, ref.target)) {
        options.tips.push_back(*commit);
      }
    }
  }
  if (options.tips.empty()) {
    const repo::HeadState head = repository.head();
    if (!head.commit) {
      throw Error(ErrorKind::not_found, "branch {} has no commits yet", printable(head.branch));
    }
    options.tips.push_back(*head.commit);
  }
  options.paths = given.paths;
  options.first_parent = command.first_parent;
  if (command.reverse) options.order = repo::LogOrder::reverse;
  options.limit = command.limit;

  const auto names =
      context.json() ? decltype(names_of_commits(repository)){} : names_of_commits(repository);
  bool first = true;
  repo::walk_log(
      repository, options,
      [&](const repo::Commit& commit) {
        if (context.json()) {
          context.out().line(to_json(commit));
          return true;
        }
        std::string here;
        const auto [begin, end] = names.equal_range(commit.id);
        for (auto name = begin; name != end; ++name) {
          here += (here.empty() ? "" : ", ") + name->second;
        }
        print_commit(context.out(), commit, here, command.oneline, first);
        first = false;
        return true;
      },
      context.stop());
  return kExitDone;
}

}  // namespace

void add_log(CLI::App& app, Context& context) {
  auto options = std::make_shared<LogCommand>();
  CLI::App* command = add_command(app, "log", "List commits", group::kWork);
  arguments(command, "REVISION|PATH", options->arguments,
            "Where to start, or A..B; then paths that the commits must change");
  number(command, "-n,--max-count", options->limit, "N", "Show at most N commits");
  flag(command, "--oneline", options->oneline, "One line a commit");
  flag(command, "--first-parent", options->first_parent, "Follow only the first parent of merges");
  flag(command, "--reverse", options->reverse, "Oldest first");
  flag(command, "--all", options->all, "Start from all branches and tags");
  examples(command, {"mhub log -n 5", "mhub log --oneline main..experiment",
                     "mhub log -- model.safetensors"});
  on_run(command, context, [options, &context] { return log(context, *options); });
}

}  // namespace mhub::cli
