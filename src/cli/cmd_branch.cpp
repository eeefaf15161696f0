// mhub branch

#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "command.hpp"
#include "commands.hpp"

namespace mhub::cli {
namespace {

struct BranchCommand {
  std::vector<std::string> names;
  bool all = false;
  bool remotes = false;
  bool verbose = false;
  bool remove = false;
  bool force_remove = false;
  bool move = false;
  bool force_move = false;
  bool force = false;
  bool show_current = false;
  std::string upstream;
  bool unset_upstream = false;
};

int list(Context& context, const BranchCommand& command) {
  repo::Repository& repository = context.repository();
  const std::string current = repository.head().branch;
  std::vector<repo::Ref> refs;
  if (!command.remotes) refs = repo::list_refs(repository, "refs/heads/");
  if (command.all || command.remotes) {
    const auto more = repo::list_refs(repository, "refs/remotes/");
    refs.insert(refs.end(), more.begin(), more.end());
  }
  Json all = Json::array();
  for (const repo::Ref& ref : refs) {
    const bool local = ref.name.starts_with("refs/heads/");
    const std::string name = repo::short_ref_name(ref.name);
    const bool is_current = local && name == current;
    const auto upstream = local ? repo::upstream_of(repository, name) : std::nullopt;
    const std::string upstream_name = upstream && !upstream->tracking_ref.empty()
                                          ? repo::short_ref_name(upstream->tracking_ref)
                                          : "";
    if (context.json()) {
      Json entry{{"name", name}, {"ref", ref.name}, {"id", ref.target.hex()}};
      entry["current"] = is_current;
      if (!upstream_name.empty()) entry["upstream"] = upstream_name;
      all.push_back(std::move(entry));
      continue;
    }
    std::string line = fmt::format("{} {}", is_current ? "*" : " ",
                                   context.out().paint(is_current ? Colour::green
                                                       : local    ? Colour::none
                                                                  : Colour::red,
                                                       printable(name)));
    if (!ref.symbolic_target.empty()) {
      line += " -> " + printable(repo::short_ref_name(ref.symbolic_target));
    } else if (command.verbose) {
      line += " " + ref.target.short_hex();
      if (!upstream_name.empty()) line += fmt::format(" [{}]", printable(upstream_name));
      if (const auto commit = repo::find_commit(repository, ref.target)) {
        line += " " + printable(commit->summary());
      }
    }
    context.out().print("{}\n", line);
  }
  if (context.json()) context.out().document(all);
  return kExitDone;
}

std::string current_or(repo::Repository& repository, const std::vector<std::string>& names,
                       std::size_t at) {
  if (names.size() > at) return names[at];
  std::string current = repository.head().branch;
  if (current.empty()) throw Error(ErrorKind::usage, "HEAD is detached: name a branch");
  return current;
}

// git's rule for -d: what the branch follows holds its commits, or else HEAD does.
bool is_merged(repo::Repository& repository, const std::string& branch,
               const repo::ObjectId& commit) {
  const auto upstream = repo::upstream_of(repository, branch);
  if (upstream && !upstream->tracking_ref.empty()) {
    const auto tracked = repo::find_ref(repository, upstream->tracking_ref);
    if (tracked) return repo::is_ancestor(repository, commit, tracked->target);
  }
  const repo::HeadState head = repository.head();
  return head.commit && repo::is_ancestor(repository, commit, *head.commit);
}

int remove(Context& context, const BranchCommand& command) {
  repo::Repository& repository = context.repository();
  if (command.names.empty()) throw Error(ErrorKind::usage, "name the branch to delete");
  Json deleted = Json::array();
  for (const std::string& name : command.names) {
    const auto ref = repo::find_ref(repository, "refs/heads/" + name);
    if (!ref) throw Error(ErrorKind::not_found, "no branch {}", printable(name));
    if (!command.force_remove && !command.force && !is_merged(repository, name, ref->target)) {
      throw Error(ErrorKind::conflict, "branch {} holds commits that are merged nowhere",
                  printable(name))
          .hint(fmt::format("delete it with `mhub branch -D {}`", printable(name)));
    }
    repo::delete_branch(repository, name);
    deleted.push_back({{"name", name}, {"id", ref->target.hex()}});
    context.summary("deleted branch {} (was {})", printable(name), ref->target.short_hex());
  }
  if (context.json()) context.out().document({{"deleted", std::move(deleted)}});
  return kExitDone;
}

void set_upstream(repo::Repository& repository, const std::string& branch,
                  const std::string& upstream) {
  const auto full = repo::expand_ref_name(repository, upstream);
  if (!full) throw Error(ErrorKind::not_found, "no branch {}", printable(upstream));
  if (full->starts_with("refs/heads/")) {
    repo::set_upstream(repository, branch, ".", *full);
    return;
  }
  for (const repo::Remote& remote : repo::list_remotes(repository)) {
    for (const repo::Refspec& rule : remote.fetch) {
      if (const auto source = rule.map_back(*full)) {
        repo::set_upstream(repository, branch, remote.name, *source);
        return;
      }
    }
  }
  throw Error(ErrorKind::usage, "{} belongs to no remote", printable(upstream));
}

int create(Context& context, const BranchCommand& command) {
  repo::Repository& repository = context.repository();
  if (command.names.size() > 2) throw Error(ErrorKind::usage, "too many names");
  const std::string& name = command.names[0];
  if (!repo::is_valid_branch_name(name)) {
    throw Error(ErrorKind::usage, "{} is no name for a branch", printable(name));
  }
  const std::string start = command.names.size() > 1 ? command.names[1] : "HEAD";
  const repo::ObjectId target = repo::require_commit(repository, start);
  if (command.force && repository.head().branch == name) {
    throw Error(ErrorKind::conflict, "branch {} is checked out", printable(name));
  }
  const auto expected = command.force ? repo::Expected::any() : repo::Expected::none();
  if (!repo::update_ref(repository, "refs/heads/" + name, target, expected,
                        "branch: Created from " + start)) {
    throw Error(ErrorKind::conflict, "a branch {} exists already", printable(name));
  }
  if (start.find('/') != std::string::npos) {
    const auto full = repo::expand_ref_name(repository, start);
    if (full && full->starts_with("refs/remotes/")) set_upstream(repository, name, start);
  }
  if (context.json()) context.out().document({{"name", name}, {"id", target.hex()}});
  return kExitDone;
}

int branch(Context& context, const BranchCommand& command) {
  repo::Repository& repository = context.repository();
  if (command.show_current) {
    const std::string name = repository.head().branch;
    if (context.json()) {
      context.out().document({{"branch", name.empty() ? Json() : Json(name)}});
    } else if (!name.empty()) {
      context.out().print("{}\n", printable(name));
    }
    return kExitDone;
  }
  if (command.remove || command.force_remove) return remove(context, command);
  if (command.move || command.force_move) {
    if (command.names.empty() || command.names.size() > 2) {
      throw Error(ErrorKind::usage, "give the new name, or the old and the new one");
    }
    const std::string from =
        command.names.size() == 2 ? command.names[0] : current_or(repository, {}, 0);
    repo::rename_branch(repository, from, command.names.back(),
                        command.force_move || command.force);
    if (context.json()) context.out().document({{"from", from}, {"to", command.names.back()}});
    return kExitDone;
  }
  if (command.unset_upstream) {
    const std::string name = current_or(repository, command.names, 0);
    repo::unset_upstream(repository, name);
    if (context.json()) context.out().document({{"name", name}, {"upstream", Json()}});
    return kExitDone;
  }
  if (!command.upstream.empty()) {
    const std::string name = current_or(repository, command.names, 0);
    set_upstream(repository, name, command.upstream);
    if (context.json()) {
      context.out().document({{"name", name}, {"upstream", command.upstream}});
    }
    return kExitDone;
  }
  return command.names.empty() ? list(context, command) : create(context, command);
}

}  // namespace

void add_branch(CLI::App& app, Context& context) {
  auto options = std::make_shared<BranchCommand>();
  CLI::App* command =
      add_command(app, "branch", "List, make, rename and delete branches", group::kWork);
  arguments(command, "NAME", options->names,
            "A branch to make, and where it starts; all are listed if left out");
  flag(command, "-a,--all", options->all, "List remote-tracking branches too");
  flag(command, "-r,--remotes", options->remotes, "List remote-tracking branches");
  flag(command, "-v,--verbose", options->verbose, "List commit and upstream too");
  flag(command, "-d,--delete", options->remove, "Delete merged branches");
  flag(command, "-D", options->force_remove, "Delete branches, merged or not");
  flag(command, "-m,--move", options->move, "Rename a branch, the current one by default");
  flag(command, "-M", options->force_move, "Rename over a branch that exists");
  flag(command, "-f,--force", options->force, "Move a branch that exists");
  flag(command, "--show-current", options->show_current, "Print the current branch's name");
  value(command, "-u,--set-upstream-to", options->upstream, "UPSTREAM",
        "What the branch follows, such as origin/main");
  flag(command, "--unset-upstream", options->unset_upstream, "Follow nothing");
  examples(command, {"mhub branch", "mhub branch experiment HEAD~2", "mhub branch -d experiment"});
  on_run(command, context, [options, &context] { return branch(context, *options); });
}

}  // namespace mhub::cli
