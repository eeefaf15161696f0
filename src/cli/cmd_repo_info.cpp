// mhub repo info

#include <fmt/ranges.h>

#include <mhub/base/bytes.hpp>
#include <mhub/remote/hub_repos.hpp>

#include "command.hpp"
#include "repo_argument.hpp"
#include "repo_commands.hpp"

namespace mhub::cli {
namespace {

struct InfoCommand {
  RepoWords repo;
  std::string revision;
};

struct Files {
  std::uint64_t count = 0;
  std::uint64_t large_count = 0;
  std::uint64_t size_bytes = 0;
};

Files count_files(const wire::RepoDescription& repo) {
  Files files;
  for (const wire::RepoSibling& file : repo.siblings) {
    ++files.count;
    if (file.lfs_oid) ++files.large_count;
    files.size_bytes += file.size_bytes.value_or(0);
  }
  return files;
}

int info(Context& context, const InfoCommand& command) {
  const RepoArgument argument = read_repo(context, command.repo);
  HubSession session(context, argument.hub);
  const wire::RepoName name = full_name(session, argument);
  const wire::RepoDescription repo = remote::repo_info(session.api, name, command.revision);
  const Files files = count_files(repo);
  const bool is_gated = repo.gating != wire::Gating::none;
  const std::string url = net::join_url(session.url.str(), name.path());
  context.end_progress();
  if (context.json()) {
    Json value{{"id", repo.id},
               {"type", wire::name_of(repo.type)},
               {"url", url},
               {"private", repo.is_private},
               {"gated", is_gated ? Json(wire::name_of(repo.gating)) : Json(false)},
               {"sha", repo.sha},
               {"created_at", repo.created_at},
               {"last_modified", repo.last_modified},
               {"downloads", repo.downloads},
               {"likes", repo.likes},
               {"tags", repo.tags},
               {"files", files.count},
               {"large_files", files.large_count},
               {"size_bytes", files.size_bytes}};
    if (repo.used_storage_bytes) value["used_storage_bytes"] = *repo.used_storage_bytes;
    context.out().document(value);
    return kExitDone;
  }
  const auto row = [&](std::string_view what, std::string_view value) {
    if (!value.empty()) context.out().print("{:<10} {}\n", what, printable(value));
  };
  row("name", repo.id);
  row("type", wire::name_of(repo.type));
  row("url", url);
  row("access", fmt::format("{}{}{}", repo.is_private ? "private" : "public",
                            is_gated ? ", gated: " : "", wire::name_of(repo.gating)));
  row("commit", repo.sha);
  row("created", repo.created_at);
  row("modified", repo.last_modified);
  row("files", fmt::format("{} ({} large), {}", files.count, files.large_count,
                           human_bytes(files.size_bytes)));
  row("downloads", std::to_string(repo.downloads));
  row("likes", std::to_string(repo.likes));
  row("tags", fmt::format("{}", fmt::join(repo.tags, ", ")));
  if (repo.used_storage_bytes) row("storage", human_bytes(*repo.used_storage_bytes));
  return kExitDone;
}

}  // namespace

void add_repo_info(CLI::App* repo, Context& context) {
  auto options = std::make_shared<InfoCommand>();
  CLI::App* command = repo->add_subcommand("info", "Show what a hub says of a repository");
  argument(command, "NAME", options->repo.name, "owner/name")->required();
  add_repo_options(command, options->repo);
  value(command, "--revision", options->revision, "REVISION", "A branch, tag or commit there");
  on_run(command, context, [options, &context] { return info(context, *options); });
}

}  // namespace mhub::cli
