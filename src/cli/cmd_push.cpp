// mhub push

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>
#include <mhub/net/url.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/exchange.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"
#include "staging.hpp"

namespace mhub::cli {
namespace {

struct PushCommand {
  sync::PushOptions options;
  std::vector<std::string> arguments;  ///< REMOTE REFSPEC…, or with -m PATH…
  bool has_message = false;            ///< -m was given
  std::string message;
  std::vector<std::string> leases;
  bool allow_empty = false;
};

// "--force-with-lease" alone (CLI11 then says "true"), or "=branch:id".
void read_leases(const PushCommand& command, sync::PushOptions& options) {
  for (const std::string& lease : command.leases) {
    if (lease == "true") {
      options.force_with_lease = true;
      continue;
    }
    const auto colon = lease.find(':');
    if (colon == std::string::npos) {
      throw Error(ErrorKind::usage, "--force-with-lease={} needs the expected commit after a colon",
                  printable(lease));
    }
    std::string name = lease.substr(0, colon);
    if (!name.starts_with("refs/")) name = "refs/heads/" + name;
    options.lease[name] = lease.substr(colon + 1);
  }
}

Json refs_json(const sync::PushReport& report) {
  Json refs = Json::array();
  for (const sync::PushedRef& ref : report.refs) {
    Json value{{"local", ref.local},
               {"remote", ref.remote},
               {"old", ref.old_id.empty() ? Json() : Json(ref.old_id)},
               {"new", ref.new_id.empty() ? Json() : Json(ref.new_id)},
               {"accepted", ref.accepted},
               {"up_to_date", ref.up_to_date}};
    if (!ref.reason.empty()) value["reason"] = ref.reason;
    refs.push_back(std::move(value));
  }
  return refs;
}

void tell(Context& context, const sync::PushReport& report, bool dry_run) {
  context.summary("To {}", net::parse_url(report.remote) ? net::display_url(report.remote)
                                                         : printable(report.remote));
  for (const sync::PushedRef& ref : report.refs) {
    const std::string name = printable(repo::short_ref_name(ref.remote));
    if (ref.up_to_date) {
      context.summary("  up to date {}", name);
    } else if (!ref.accepted) {
      context.summary("  rejected   {} ({})", name, printable(ref.reason));
    } else if (ref.new_id.empty()) {
      context.summary("  deleted    {}", name);
    } else if (ref.old_id.empty()) {
      context.summary("  new        {} at {}", name, ref.new_id.substr(0, 10));
    } else {
      context.summary("  updated    {} {}..{}", name, ref.old_id.substr(0, 10),
                      ref.new_id.substr(0, 10));
    }
  }
  if (dry_run) {
    context.summary("nothing was sent (--dry-run)");
  } else if (report.transfer.files > 0) {
    context.summary("{} ({}): {} were new to the hub, sent {}",
                    count_words(report.transfer.files, "large file", "large files"),
                    human_bytes(report.transfer.logical_bytes), human_bytes(report.new_raw_bytes),
                    rate_words(report.transfer.sent_bytes, report.transfer.seconds));
  }
}

// Stages and commits; what it did, for JSON. Nothing to commit is fine: the push may still be due.
Json stage_and_commit(Context& context, const PushCommand& command) {
  const sync::CommitOptions how = [&] {
    sync::CommitOptions options = commit_options(context, command.message);
    options.allow_empty = command.allow_empty;
    return options;
  }();
  sync::StageOptions stage;
  stage.paths = context.absolute(command.arguments);
  stage.all = command.arguments.empty();
  const sync::StageReport staged = sync::stage(context.workspace(), stage, context.tools());
  const sync::CommitReport made = sync::commit(context.workspace(), how, context.tools());
  context.end_progress();
  if (context.json()) return {{"stage", to_json(staged)}, {"commit", to_json(made)}};
  tell(context, staged);
  if (made.id.empty()) {
    context.say("nothing to commit");
  } else {
    tell(context, made);
  }
  return {};
}

void require_accepted(const sync::PushReport& report) {
  if (report.all_accepted()) return;
  std::vector<std::string> names;
  bool behind = false;
  for (const sync::PushedRef& ref : report.refs) {
    if (ref.accepted || ref.up_to_date) continue;
    names.push_back("pushing " + printable(ref.remote) + ": " + printable(ref.reason));
    behind = behind || ref.reason.find("fast") != std::string::npos ||
             ref.reason.find("stale") != std::string::npos ||
             ref.reason.find("fetch first") != std::string::npos;
  }
  Error error(ErrorKind::conflict, "the hub did not take {}",
              count_words(names.size(), "ref", "refs"));
  for (std::string& name : names) error.add_context(std::move(name));
  if (!behind)
    throw std::move(error).hint("see the reason above; `mhub pull` brings what is new there");
  throw error;
}

// Everything that can be wrong about the line, before anything is committed or sent.
void check_usage(Context& context, const PushCommand& command) {
  const sync::PushOptions& options = command.options;
  if (!command.has_message) {
    if (command.allow_empty) throw Error(ErrorKind::usage, "--allow-empty goes with -m");
    if (options.remove && command.arguments.size() < 2) {
      throw Error(ErrorKind::usage, "name the branch to delete, after the remote");
    }
    return;
  }
  if (options.dry_run) throw Error(ErrorKind::usage, "--dry-run does not go with -m");
  if (options.remove) throw Error(ErrorKind::usage, "--delete does not go with -m");
  if (repo::clean_message(command.message).empty()) {
    throw Error(ErrorKind::usage, "the commit's message is empty");
  }
  if (context.repository().head().is_detached()) {
    throw Error(ErrorKind::usage, "HEAD is detached; there is no branch to push")
        .hint("commit, then say where it goes: mhub push REMOTE HEAD:BRANCH");
  }
}

// The current branch to where it is pushed by default.
std::string current_branch_refspec(Context& context) {
  const std::string branch = context.repository().head().branch;
  const auto upstream = repo::upstream_of(context.repository(), branch);
  const bool follows = upstream && upstream->remote != ".";
  return fmt::format("refs/heads/{}:{}", branch,
                     follows ? upstream->merge : "refs/heads/" + branch);
}

int push(Context& context, PushCommand& command) {
  sync::PushOptions& options = command.options;
  read_leases(command, options);
  check_usage(context, command);
  Json value = Json::object();
  if (command.has_message) {
    // Tags alone are pushed with --tags, but what was just committed is to go too.
    if (options.tags) options.refspecs.push_back(current_branch_refspec(context));
    value = stage_and_commit(context, command);
  } else if (!command.arguments.empty()) {
    options.remote = command.arguments.front();
    options.refspecs.assign(command.arguments.begin() + 1, command.arguments.end());
  }
  sync::Workspace& workspace = context.workspace();
  const sync::PushReport report =
      sync::push(workspace, context.connections(options.remote), options, context.tools());
  context.end_progress();
  if (context.json()) {
    value["remote"] =
        net::parse_url(report.remote) ? net::display_url(report.remote) : report.remote;
    value["refs"] = refs_json(report);
    value["transfer"] = to_json(report.transfer);
    value["new_raw_bytes"] = report.new_raw_bytes;
    value["known_raw_bytes"] = report.known_raw_bytes;
    value["dry_run"] = options.dry_run;
    context.out().document(value);
  } else {
    tell(context, report, options.dry_run);
  }
  require_accepted(report);
  return kExitDone;
}

}  // namespace

void add_push(CLI::App& app, Context& context) {
  auto options = std::make_shared<PushCommand>();
  CLI::App* command = add_command(app, "push", "Send commits and data to a remote", group::kSync);
  arguments(command, "REMOTE|REFSPEC|PATH", options->arguments,
            "The remote, then branches or tags; with -m the paths to stage, all if left out");
  CLI::Option* message = value(command, "-m,--message", options->message, "MESSAGE",
                               "Stage, commit and push in one go");
  flag(command, "--allow-empty", options->allow_empty, "With -m: commit although nothing changed");
  flag(command, "-u,--set-upstream", options->options.set_upstream,
       "Let the branch follow what it was pushed to");
  flag(command, "-f,--force", options->options.force, "Move the remote's branch in any case");
  // A flag, since a word after it is the remote; its value comes with "=".
  command->add_flag("--force-with-lease", options->leases,
                    "Move it only if it is what was fetched, or with =BRANCH:COMMIT that commit");
  flag(command, "--tags", options->options.tags, "All tags too");
  flag(command, "-d,--delete", options->options.remove, "Delete the named branches there");
  flag(command, "-n,--dry-run", options->options.dry_run, "Only say what would be pushed");
  examples(command,
           {"mhub push", "mhub push -m 'After epoch 3'", "mhub push -u origin experiment"});
  on_run(command, context, [options, message, &context] {
    options->has_message = message->count() > 0;
    return push(context, *options);
  });
}

}  // namespace mhub::cli
