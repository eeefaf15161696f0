// mhub download

#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/sync/download_files.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"
#include "hf_environment.hpp"
#include "name_patterns.hpp"
#include "repo_argument.hpp"

namespace mhub::cli {
namespace {

struct DownloadCommand {
  RepoWords repo;
  std::string cache_folder;
  std::string local_folder;
  sync::DownloadFilesOptions options;
};

std::uint64_t bytes_to_fetch(const sync::DownloadFilesReport& report) {
  std::uint64_t bytes = 0;
  for (const sync::DownloadedFile& file : report.files) bytes += file.fetched ? file.size_bytes : 0;
  return bytes;
}

Json to_json(const sync::DownloadFilesReport& report, bool dry_run) {
  Json files = Json::array();
  for (const sync::DownloadedFile& file : report.files) {
    files.push_back({{"name", file.name},
                     {"path", file.path.string()},
                     {"size", file.size_bytes},
                     {"fetched", file.fetched}});
  }
  return {{"path", report.path.string()},
          {"commit", report.commit.empty() ? Json() : Json(report.commit)},
          {"hub_was_asked", report.hub_was_asked},
          {"dry_run", dry_run},
          {"received_bytes", report.received_bytes},
          {"reused_bytes", report.reused_bytes},
          {"files", std::move(files)}};
}

void tell_plan(Context& context, sync::DownloadFilesReport& report) {
  std::sort(report.files.begin(), report.files.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const sync::DownloadedFile& file : report.files) {
    context.out().print("{:>10}  {}\n", file.fetched ? human_bytes(file.size_bytes) : "-",
                        printable(file.name));
  }
}

int download(Context& context, DownloadCommand& command) {
  sync::DownloadFilesOptions& options = command.options;
  if (!command.local_folder.empty() && !command.cache_folder.empty())
    throw Error(ErrorKind::usage, "--local-dir and --cache-dir exclude each other");
  const RepoArgument argument = read_repo(context, command.repo);
  HubSession session(context, argument.hub);
  const Environment& environment = context.environment();
  options.hub_url = session.api.hub_url();
  options.repo = name_to_read(context, session, argument);
  options.cache_folder = context.absolute(
      command.cache_folder.empty() ? hf_cache_folder(environment).string() : command.cache_folder);
  if (!command.local_folder.empty()) options.local_folder = context.absolute(command.local_folder);
  options.offline = is_offline(environment);
  options.by_chunks = !is_switched_on(environment, "HF_HUB_DISABLE_XET");
  options.answer_limit_ms = timeout_ms(environment, "HF_HUB_ETAG_TIMEOUT");
  options.data_limit_ms = timeout_ms(environment, "HF_HUB_DOWNLOAD_TIMEOUT");
  options.use_symlinks = !is_switched_on(environment, "HF_HUB_DISABLE_SYMLINKS");

  sync::DownloadFilesReport report =
      sync::download_files(session.connections, options, context.tools());
  context.end_progress();
  if (context.json()) {
    context.out().document(to_json(report, options.dry_run));
    return kExitDone;
  }
  const auto fetched = static_cast<std::uint64_t>(std::count_if(
      report.files.begin(), report.files.end(), [](const auto& file) { return file.fetched; }));
  if (options.dry_run) {
    tell_plan(context, report);
    context.say("{} of {} would be fetched: {}", fetched,
                count_words(report.files.size(), "file", "files"),
                human_bytes(bytes_to_fetch(report)));
    return kExitDone;
  }
  if (fetched > 0) {
    context.say("fetched {} ({}), received {}", count_words(fetched, "file", "files"),
                human_bytes(bytes_to_fetch(report)), human_bytes(report.received_bytes));
  }
  context.out().print("{}\n", report.path.string());
  return kExitDone;
}

}  // namespace

void add_download(CLI::App& app, Context& context) {
  auto options = std::make_shared<DownloadCommand>();
  CLI::App* command =
      add_command(app, "download", "Fetch files from a hub, without a git repository", group::kHub);
  argument(command, "REPO", options->repo.name, "owner/name, datasets/owner/name, hf:… or a URL")
      ->required();
  add_repo_options(command, options->repo);
  arguments(command, "NAME", options->options.files,
            "Files in the repository, or folders with a slash at the end; all if left out");
  value(command, "--revision", options->options.revision, "REVISION",
        "Branch, tag, reference or commit; main if left out");
  add_patterns(command, options->options.patterns);
  value(command, "--local-dir", options->local_folder, "DIR",
        "Put the files there, not into the shared cache");
  value(command, "--cache-dir", options->cache_folder, "DIR",
        "The cache, in place of the one that Hugging Face's tools share");
  flag(command, "--force-download", options->options.fetch_anyway, "Fetch what is there already");
  flag(command, "-n,--dry-run", options->options.dry_run, "Only say what would be fetched");
  examples(command,
           {"mhub download team/model", "mhub download hf:openai-community/gpt2 config.json",
            "mhub download team/words --type dataset --include '*.parquet' --local-dir words"});
  on_run(command, context, [options, &context] { return download(context, *options); });
}

}  // namespace mhub::cli
