// mhub admin

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>
#include <mhub/serve/admin.hpp>

#include "admin_command.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"
#include "repo_type.hpp"
#include "secret_input.hpp"
#include "store_findings.hpp"

namespace mhub::cli {
namespace {

wire::RepoName repo_name(const AdminCommand& command) {
  const auto name = wire::parse_repo_id(command.name, repo_type(command.type));
  if (!name)
    throw Error(ErrorKind::usage, "{} is no name for a repository", printable(command.name));
  return *name;
}

Json repo_json(const serve::RepoInfo& repo) {
  return {{"id", repo.name.id()},
          {"type", wire::name_of(repo.name.type)},
          {"private", repo.is_private},
          {"created", admin_time(repo.created_unix_s)}};
}

// --- repositories

int create_repo(Context& context, const AdminCommand& command) {
  const serve::RepoInfo repo =
      open_admin(context, command)->create_repo(repo_name(command), command.is_private);
  if (context.json()) {
    context.out().document(repo_json(repo));
  } else {
    context.summary("made {} {}", wire::name_of(repo.name.type), repo.name.id());
  }
  return kExitDone;
}

int list_repos(Context& context, const AdminCommand& command) {
  Json all = Json::array();
  for (const serve::RepoInfo& repo : open_admin(context, command)->list_repos()) {
    if (context.json()) {
      all.push_back(repo_json(repo));
    } else {
      context.out().print("{:<8} {}{}\n", wire::name_of(repo.name.type), repo.name.id(),
                          repo.is_private ? "  (private)" : "");
    }
  }
  if (context.json()) context.out().document(all);
  return kExitDone;
}

int delete_repo(Context& context, const AdminCommand& command) {
  const wire::RepoName name = repo_name(command);
  if (!command.yes && !confirmed(context, fmt::format("Delete {} with all its data?", name.id()))) {
    throw Error(ErrorKind::usage, "nothing was deleted").hint("--yes deletes without asking");
  }
  open_admin(context, command)->delete_repo(name);
  if (context.json()) context.out().document({{"deleted", name.path()}});
  context.summary("deleted {}; `mhub admin gc` gives back its space", name.id());
  return kExitDone;
}

// --- the whole hub

int usage(Context& context, const AdminCommand& command) {
  const serve::HubUsage usage = open_admin(context, command)->usage();
  if (context.json()) {
    Json repos = Json::array();
    for (const serve::RepoUsage& repo : usage.repos) {
      Json value = repo_json(repo.repo);
      value["files"] = repo.files;
      value["logical_bytes"] = repo.logical_bytes;
      value["git_bytes"] = repo.git_bytes;
      repos.push_back(std::move(value));
    }
    context.out().document(
        {{"users", usage.users}, {"repos", std::move(repos)}, {"store", to_json(usage.store)}});
    return kExitDone;
  }
  Output& out = context.out();
  out.print("{}, {}\n", count_words(usage.users, "user", "users"),
            count_words(usage.repos.size(), "repository", "repositories"));
  out.print("store: {} on disk for {} of files, {}\n", human_bytes(usage.store.disk_bytes),
            human_bytes(usage.store.logical_bytes),
            count_words(usage.store.chunks, "chunk", "chunks"));
  for (const serve::RepoUsage& repo : usage.repos) {
    out.print("{:>10}  {:>6} files  git {:>10}  {}\n", human_bytes(repo.logical_bytes), repo.files,
              human_bytes(repo.git_bytes), repo.repo.name.path());
  }
  return kExitDone;
}

int check(Context& context, const AdminCommand& command) {
  const auto admin = open_admin(context, command);
  const serve::HubCheckReport report = admin->check(context.progress(), context.stop());
  context.end_progress();
  const std::uint64_t dropped = command.drop_damaged ? admin->drop_damaged(report) : 0;
  if (context.json()) {
    context.out().document({{"clean", report.clean()},
                            {"store", to_json(report.store)},
                            {"missing_files", report.missing_files},
                            {"git_faults", report.git_faults},
                            {"xorbs_dropped", dropped}});
  } else {
    print_findings(context, report.store);
    for (const std::string& file : report.missing_files) {
      context.out().print("lost file: {}\n", printable(file));
    }
    for (const std::string& fault : report.git_faults) {
      context.out().print("git: {}\n", printable(fault));
    }
  }
  if (dropped > 0) {
    context.summary("{} dropped; pushing the same files again brings them back",
                    count_words(dropped, "damaged xorb", "damaged xorbs"));
  }
  if (report.clean()) return kExitDone;
  throw Error(ErrorKind::corrupt, "damage was found")
      .hint(
          command.drop_damaged
              ? "push the same data again from where it is sound"
              : "restore a backup, or drop what is damaged with --drop-damaged and push it again");
}

int collect(Context& context, const AdminCommand& command) {
  store::CollectOptions options;
  options.grace = command.collection.grace();
  options.dry_run = command.collection.dry_run;
  const store::CollectReport report =
      open_admin(context, command)
          ->collect_garbage(options, command.despite_answers, context.progress(), context.stop());
  context.end_progress();
  tell(context, report, options.dry_run);
  return kExitDone;
}

}  // namespace

void add_admin(CLI::App& app, Context& context) {
  auto options = std::make_shared<AdminCommand>();
  CLI::App* command =
      add_command(app, "admin", "Look after a hub's people, tokens and data", group::kServer);
  command->require_subcommand(1);
  examples(command, {"mhub admin user create ann --data /srv/mhub",
                     "mhub admin token create ann --scope write --data /srv/mhub",
                     "mhub admin org add-member acme ann --role write --data /srv/mhub",
                     "mhub admin token create ann --write acme/model --data /srv/mhub",
                     "mhub admin usage --data /srv/mhub", "mhub admin fsck --data /srv/mhub"});

  const auto leaf = [&](CLI::App* parent, const char* name, const char* description,
                        int (*work)(Context&, const AdminCommand&)) {
    CLI::App* sub = parent->add_subcommand(name, description);
    value(sub, "--data", options->data, "DIR", "The hub's data folder")->required();
    on_run(sub, context, [options, &context, work] { return work(context, *options); });
    return sub;
  };
  const auto folder = [&](const char* name, const char* description) {
    CLI::App* sub = command->add_subcommand(name, description);
    sub->require_subcommand(1);
    return sub;
  };

  CLI::App* user = folder("user", "Users");
  CLI::App* make_user = leaf(user, "create", "Make a user", create_user);
  argument(make_user, "NAME", options->user, "Also the user's namespace")->required();
  flag(make_user, "--admin", options->is_admin, "May do everything");
  leaf(user, "list", "List users", list_users);
  argument(leaf(user, "remove", "Remove a user with all tokens", remove_user), "NAME",
           options->user, "Who")
      ->required();

  CLI::App* org = folder("org", "Organisations: namespaces that several users share");
  argument(leaf(org, "create", "Make an organisation", create_organisation), "NAME",
           options->organisation, "Also its namespace")
      ->required();
  leaf(org, "list", "List organisations and who belongs to them", list_organisations);
  argument(leaf(org, "remove", "Remove an organisation without repositories", remove_organisation),
           "NAME", options->organisation, "Which")
      ->required();
  CLI::App* join =
      leaf(org, "add-member", "Let a user belong to it, or change the role", add_member);
  argument(join, "NAME", options->organisation, "The organisation")->required();
  argument(join, "USER", options->user, "Who")->required();
  value(join, "--role", options->role, "read|contributor|write|admin",
        "What the user may do with its repositories; read if left out")
      ->check(CLI::IsMember({"read", "contributor", "write", "admin"}).description(""));
  CLI::App* leave = leaf(org, "remove-member", "Let a user no longer belong to it", remove_member);
  argument(leave, "NAME", options->organisation, "The organisation")->required();
  argument(leave, "USER", options->user, "Who")->required();

  CLI::App* token = folder("token", "Tokens");
  CLI::App* make_token =
      leaf(token, "create", "Make a token and print it, this once", create_token);
  argument(make_token, "USER", options->user, "Whose");
  value(make_token, "--user", options->user, "USER", "Whose, too");
  value(make_token, "--name", options->name, "NAME", "What it is for");
  CLI::Option* scope = value(make_token, "--scope", options->scope, "read|write|admin",
                             "What it allows; write if left out");
  scope->check(CLI::IsMember({"read", "write", "admin"}).description(""));
  values(make_token, "--read", options->readable, "PLACE",
         "Limit it: may read this repository, or all of this user or organisation")
      ->excludes(scope);
  values(make_token, "--write", options->writable, "PLACE", "Limit it: may also write here")
      ->excludes(scope);
  number(make_token, "--days", options->days, "DAYS", "How long it is valid; for ever if left out")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{36500}).description(""));
  argument(leaf(token, "list", "List tokens, without their secrets", list_tokens), "USER",
           options->user, "Only this user's");
  CLI::App* revoke = leaf(token, "revoke", "Make a token invalid", revoke_token);
  revoke->add_option("ID", options->id, "Its number in the list")->type_name("")->required();

  CLI::App* repo = folder("repo", "Repositories");
  const auto type = [&](CLI::App* sub) {
    argument(sub, "NAME", options->name, "owner/name")->required();
    value(sub, "--type", options->type, "model|dataset|space", "What kind; model if left out")
        ->check(CLI::IsMember({"model", "dataset", "space"}).description(""));
  };
  CLI::App* make_repo = leaf(repo, "create", "Make a repository", create_repo);
  type(make_repo);
  flag(make_repo, "--private", options->is_private, "Only its owners may read it");
  leaf(repo, "list", "List all repositories", list_repos);
  CLI::App* drop_repo = leaf(repo, "delete", "Delete a repository", delete_repo);
  type(drop_repo);
  flag(drop_repo, "-y,--yes", options->yes, "Don't ask");

  leaf(command, "usage", "Show how much the hub holds", usage);
  CLI::App* fsck = leaf(command, "fsck", "Check all data of the hub", check);
  flag(fsck, "--drop-damaged", options->drop_damaged,
       "Take damaged chunks out, so that pushing them again heals them");
  CLI::App* gc = leaf(command, "gc", "Give back space that no ref needs", collect);
  add_collection_options(gc, options->collection);
  flag(gc, "--despite-answers", options->despite_answers,
       "Allow under 8 days, although clients may still rely on deduplication answers");
}

}  // namespace mhub::cli
