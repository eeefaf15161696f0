#include <algorithm>
#include <iostream>

#include <mhub/base/error.hpp>
#include <mhub/cli/run.hpp>
#include <mhub/serve/hook.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "help_format.hpp"
#include "interrupt.hpp"
#include "plain_words.hpp"

namespace mhub::cli {
namespace {

void add_global_options(CLI::App& app, GlobalOptions& options) {
  values(&app, "-C", options.folders, "DIR", "Run as if started in DIR");
  flag(&app, "--json", options.json, "Print JSON on stdout, errors as JSON on stderr");
  flag(&app, "-q,--quiet", options.quiet, "Print results and errors only");
  app.add_flag("-v,--verbose", options.verbosity, "Say more on stderr; twice for still more");
  flag(&app, "--no-progress", options.no_progress, "Show no progress");
  value(&app, "--color", options.colour, "auto|always|never", "Whether to use colours")
      ->check(CLI::IsMember({"auto", "always", "never"}).description(""));
  app.add_option("--jobs", options.jobs, "Threads for hashing and compression; one per core if 0")
      ->type_name("N")
      ->check(CLI::Range(0u, 1024u).description(""));
}

// The nearest command's name, if it is near enough to be what was meant.
std::string nearest_command(const CLI::App& app, const std::string& word) {
  std::string best;
  std::size_t best_distance = 3;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    const std::string& name = command->get_name();
    if (command->get_group().empty() || word.size() > 32) continue;
    // Levenshtein distance, one row at a time.
    std::vector<std::size_t> row(name.size() + 1);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < name.size(); ++j) {
        const std::size_t changed = diagonal + (word[i] == name[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, changed});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = name;
    }
  }
  return best;
}

std::string chosen_command(const CLI::App& app) {
  std::string path;
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    path += (path.empty() ? "" : " ") + at->get_name();
  }
  return path;
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  if (app.get_subcommands().empty()) {
    for (const std::string& marked : app.remaining()) {
      const std::string word = without_mark(marked);
      if (word.starts_with("-")) continue;
      Error unknown(ErrorKind::usage, "no command `{}`", printable(word));
      const std::string near = nearest_command(app, word);
      if (!near.empty()) return std::move(unknown).hint(fmt::format("did you mean `{}`?", near));
      return unknown;
    }
    if (app.remaining().empty()) return Error(ErrorKind::usage, "a command is required");
    return Error(ErrorKind::usage, "unknown option `{}`",
                 printable(without_mark(app.remaining().front())));
  }
  std::string text = printable(without_marks(error.what()));
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(text[0]));
  while (text.ends_with('.') || text.ends_with('\n')) text.pop_back();
  return Error(ErrorKind::usage, "{}", text);
}

// The options that shape a usage error must count even where the line could not be parsed.
bool wants_json(const std::vector<std::string>& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find(arguments.begin(), end, "--json") != end;
}

int report(Context& context, const Error& error) {
  context.write_error(format_report(error, context.command, context.report_style()));
  return exit_code_of(error.kind());
}

int parse_and_run(Context& context, const std::vector<std::string>& arguments) {
  const std::unique_ptr<CLI::App> app = make_app(context);
  try {
    PlainWords plain = mark_plain_words(*app, arguments);
    context.words_after_dashes = plain.after_dashes;
    std::reverse(plain.words.begin(), plain.words.end());  // as CLI11 wants them
    app->parse(std::move(plain.words));
  } catch (const CLI::CallForHelp&) {
    context.out().write(app->help());
    return kExitDone;
  } catch (const CLI::CallForVersion& version) {
    context.out().print("{}\n", version.what());
    return kExitDone;
  } catch (const CLI::ParseError& error) {
    context.command = chosen_command(*app);
    context.options.json = wants_json(arguments);
    return report(context, usage_error(*app, error));
  }
  context.command = chosen_command(*app);
  context.start();
  return context.action();
}

}  // namespace

std::unique_ptr<CLI::App> make_app(Context& context) {
  auto app = std::make_unique<CLI::App>(
      "Versions model weights and datasets by chunk, and is the hub they are pushed to", "mhub");
  app->formatter(make_help_format());
  app->set_help_flag("-h,--help", "Show this help");
  app->fallthrough();
  app->require_subcommand(1);
  add_global_options(*app, context.options);
  app->set_version_flag("--version", "mhub " MHUB_VERSION, "Print the version");

  add_init(*app, context);
  add_clone(*app, context);
  add_add(*app, context);
  add_rm(*app, context);
  add_status(*app, context);
  add_diff(*app, context);
  add_commit(*app, context);
  add_restore(*app, context);
  add_switch(*app, context);
  add_branch(*app, context);
  add_tag(*app, context);
  add_merge(*app, context);
  add_log(*app, context);
  add_show(*app, context);
  add_fetch(*app, context);
  add_pull(*app, context);
  add_push(*app, context);
  add_remote(*app, context);
  add_track(*app, context);
  add_untrack(*app, context);
  add_ls_files(*app, context);
  add_fsck(*app, context);
  add_install(*app, context);
  add_filter_process(*app, context);
  add_prune(*app, context);
  add_stats(*app, context);
  add_login(*app, context);
  add_logout(*app, context);
  add_whoami(*app, context);
  add_repo(*app, context);
  add_discussion(*app, context);
  add_search(*app, context);
  add_download(*app, context);
  add_upload(*app, context);
  add_serve(*app, context);
  add_admin(*app, context);
  add_config(*app, context);
  add_completion(*app, context);
  add_version(*app, context);
  add_help(*app, context);
  // Last, since commands would inherit it.
  app->footer("`mhub COMMAND --help` shows a command's options and examples.");
  return app;
}

int run_command_line(const std::vector<std::string>& arguments, Environment environment,
                     Streams streams) noexcept {
  Context context(std::move(environment), streams);
  int code = kExitFailed;
  try {
    code = parse_and_run(context, arguments);
    context.end_progress();
    context.out().flush();
    return code;
  } catch (const ReaderGone&) {
    return code == kExitDone ? kExitFailed : code;
  } catch (...) {
    return report(context, as_error(std::current_exception()));
  }
}

int run(int argc, char** argv) noexcept {
  catch_signals();
  const Environment environment = Environment::of_process();
  // A running hub has git start this program, under another name, in the middle of a push.
  if (argc > 0 && serve::is_hook_call(argv[0])) {
    return serve::run_hook(argv[0], std::cin, std::cerr,
                           [&](const char* name) { return environment.find(name).value_or(""); });
  }
  return run_command_line(std::vector<std::string>(argv + std::min(argc, 1), argv + argc),
                          environment, Streams{});
}

}  // namespace mhub::cli
