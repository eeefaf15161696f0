// mhub upload

#include <chrono>
#include <cmath>
#include <thread>

#include <mhub/base/error.hpp>
#include <mhub/sync/upload_folder.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"
#include "hf_environment.hpp"
#include "name_patterns.hpp"
#include "repo_argument.hpp"
#include "repo_type.hpp"

namespace mhub::cli {
namespace {

constexpr std::chrono::milliseconds kStopPoll{100};

struct UploadCommand {
  RepoWords repo;
  std::vector<std::string> paths;
  std::string every_minutes;
  std::string space_sdk;
  sync::UploadFolderOptions options;
};

/// What is remembered of uploads to one repository lies in a folder of its own.
std::filesystem::path store_folder(const Environment& environment,
                                   const sync::UploadFolderOptions& options) {
  std::filesystem::path cache;
  if (const auto folder = environment.find("XDG_CACHE_HOME")) {
    cache = *folder;
  } else if (const auto home = environment.find("HOME")) {
    cache = std::filesystem::path(*home) / ".cache";
  } else {
    throw Error(ErrorKind::config, "neither XDG_CACHE_HOME nor HOME is set")
        .hint("set XDG_CACHE_HOME to a folder that chunks can lie in on their way");
  }
  const std::string whose = options.hub_url + "/" + options.repo.path();
  return cache / "mhub" / "upload" / sha256_of(as_bytes(whose)).hex().substr(0, 32);
}

std::optional<std::chrono::milliseconds> interval(const std::string& minutes) {
  if (minutes.empty()) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(minutes.c_str(), &end);
  constexpr double kLeast = 1.0 / 60;
  if (*end != '\0' || !std::isfinite(value) || value < kLeast || value > 1e6)
    throw Error(ErrorKind::usage, "--every takes minutes, of a second at least: {}",
                printable(minutes))
        .hint("for example --every 5");
  return std::chrono::milliseconds(static_cast<std::int64_t>(value * 60'000));
}

Json to_json(const sync::UploadFolderReport& report) {
  return {{"commit", report.commit},
          {"commit_url", report.commit_url},
          {"pull_request_url",
           report.pull_request_url.empty() ? Json() : Json(report.pull_request_url)},
          {"commits", report.commits},
          {"made_repository", report.made_repository},
          {"files_committed", report.files_committed},
          {"files_unchanged", report.files_unchanged},
          {"files_deleted", report.files_deleted},
          {"files_ignored", report.files_ignored},
          {"sent_bytes", report.sent_bytes},
          {"new_raw_bytes", report.new_raw_bytes},
          {"known_raw_bytes", report.known_raw_bytes}};
}

void tell(Context& context, const sync::UploadFolderReport& report, bool repeats) {
  context.end_progress();
  if (context.json()) {
    repeats ? context.out().line(to_json(report)) : context.out().document(to_json(report));
    return;
  }
  if (report.files_ignored > 0) {
    context.say("{} left out by the repository's .gitignore",
                count_words(report.files_ignored, "file was", "files were"));
  }
  if (report.commits == 0) {
    context.say("nothing to commit: the hub has all of it");
    if (repeats) return;
  } else {
    context.say("committed {}, deleted {}, sent {}",
                count_words(report.files_committed, "file", "files"), report.files_deleted,
                human_bytes(report.sent_bytes));
  }
  context.out().print("{}\n", printable(report.pull_request_url.empty() ? report.commit_url
                                                                        : report.pull_request_url));
  context.out().flush();
}

/// Troubles that may have passed by the next time.
bool may_pass(ErrorKind kind) {
  return kind == ErrorKind::network || kind == ErrorKind::busy || kind == ErrorKind::conflict;
}

void wait(Context& context, std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    context.stop().check();
    std::this_thread::sleep_for(kStopPoll);
  }
}

int upload(Context& context, UploadCommand& command) {
  sync::UploadFolderOptions& options = command.options;
  const auto every = interval(command.every_minutes);
  const RepoArgument argument = read_repo(context, command.repo);
  HubSession session(context, argument.hub);
  options.hub_url = session.api.hub_url();
  options.repo = own_name(session, argument);
  if (!command.space_sdk.empty()) {
    if (options.repo.type != wire::RepoType::space)
      throw Error(ErrorKind::usage, "--space-sdk is for spaces; {} is a {}", options.repo.path(),
                  wire::name_of(options.repo.type));
    options.space_sdk = command.space_sdk;
  }
  options.by_chunks = !is_switched_on(context.environment(), "HF_HUB_DISABLE_XET");
  if (command.paths.empty()) command.paths = {"."};
  options.paths = context.absolute(command.paths);
  options.store_folder = context.absolute(store_folder(context.environment(), options).string());
  for (;;) {
    try {
      tell(context, sync::upload_folder(session.connections, options, context.tools()),
           every.has_value());
    } catch (const Error& error) {
      if (!every || !may_pass(error.kind())) throw;
      context.end_progress();
      context.say("{}; trying again in {} minutes", error.message(), command.every_minutes);
    }
    if (!every) return kExitDone;
    wait(context, *every);
  }
}

}  // namespace

void add_upload(CLI::App& app, Context& context) {
  auto options = std::make_shared<UploadCommand>();
  CLI::App* command =
      add_command(app, "upload", "Commit files to a hub, without a git repository", group::kHub);
  argument(command, "REPO", options->repo.name, "owner/name, datasets/owner/name, hf:… or a URL")
      ->required();
  add_repo_options(command, options->repo);
  arguments(command, "PATH", options->paths,
            "Files, or a folder whose contents go up; the current folder if left out");
  value(command, "--path-in-repo", options->options.path_in_repo, "NAME",
        "Folder in the repository, or for a single file its name there");
  value(command, "--revision", options->options.revision, "BRANCH",
        "Commit to this branch, made if missing; main if left out");
  value(command, "-m,--message", options->options.message, "TEXT", "The commit's first line");
  value(command, "--description", options->options.description, "TEXT",
        "The rest of the commit's message");
  add_patterns(command, options->options.patterns);
  values(command, "--delete", options->options.delete_patterns, "GLOB",
         "Delete files that match and are not sent; may be given several times");
  flag(command, "--create-pr", options->options.as_pull_request, "Make a pull request of it");
  flag(command, "--private", options->options.make_private,
       "If the repository has to be made, only its owners may read it");
  add_space_sdk(command, options->space_sdk);
  value(command, "--every", options->every_minutes, "MINUTES",
        "Go on, with a commit every so often");
  examples(
      command,
      {"mhub upload team/model ./model", "mhub upload team/model weights.safetensors -m 'Epoch 3'",
       "mhub upload team/words data --type dataset --path-in-repo train --delete '*.parquet'",
       "mhub upload team/model runs --every 10"});
  on_run(command, context, [options, &context] { return upload(context, *options); });
}

}  // namespace mhub::cli
