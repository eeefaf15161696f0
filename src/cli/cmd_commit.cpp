// mhub commit

#include <mhub/base/error.hpp>
#include <mhub/base/file_system.hpp>
#include <mhub/repo/merge.hpp>
#include <mhub/repo/objects.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "staging.hpp"

namespace mhub::cli {
namespace {

constexpr std::uint64_t kMessageLimitBytes = std::uint64_t{1} << 20;

struct CommitCommand {
  std::vector<std::string> messages;
  std::string file;
  std::string author;
  bool all = false;
  bool amend = false;
  bool allow_empty = false;
};

// "Name <mail>"
void set_author(repo::Signature& author, const std::string& text) {
  const auto open = text.find('<');
  const auto close = text.find('>');
  if (open == std::string::npos || close == std::string::npos || close < open) {
    throw Error(ErrorKind::usage, "--author reads like 'Name <mail>', not {}", printable(text));
  }
  author.name = text.substr(0, open);
  while (author.name.ends_with(' ')) author.name.pop_back();
  author.email = text.substr(open + 1, close - open - 1);
}

std::string read_message(Context& context, const CommitCommand& command) {
  if (!command.file.empty()) {
    if (!command.messages.empty()) throw Error(ErrorKind::usage, "give -m or -F, not both");
    if (command.file != "-") {
      const Bytes bytes =
          read_file(real_file_system(), context.absolute(command.file), kMessageLimitBytes);
      return std::string(as_text(bytes));
    }
    return context.read_input(kMessageLimitBytes);
  }
  // Several -m are paragraphs.
  std::string message;
  for (const std::string& one : command.messages) {
    message += (message.empty() ? "" : "\n\n") + one;
  }
  return message;
}

int commit(Context& context, const CommitCommand& command) {
  const std::string message = read_message(context, command);
  if (repo::clean_message(message).empty() && !command.amend &&
      !repo::read_merge_state(context.repository())) {
    throw Error(ErrorKind::usage, "a commit needs a message")
        .hint("give it with -m MESSAGE or -F FILE");
  }
  sync::CommitOptions options = commit_options(context, message);
  options.amend = command.amend;
  options.allow_empty = command.allow_empty;
  if (!command.author.empty()) {
    set_author(*options.author, command.author);
  } else if (command.amend) {
    options.author.reset();
  }
  if (command.all) {
    sync::StageOptions stage;
    stage.update = true;
    tell(context, sync::stage(context.workspace(), stage, context.tools()));
  }
  const sync::CommitReport report = sync::commit(context.workspace(), options, context.tools());
  context.end_progress();
  if (context.json()) context.out().document(to_json(report));
  if (report.id.empty()) {
    context.say("nothing to commit: stage changes with `mhub add`");
    return kExitFailed;
  }
  if (!context.json()) tell(context, report);
  return kExitDone;
}

}  // namespace

void add_commit(CLI::App& app, Context& context) {
  auto options = std::make_shared<CommitCommand>();
  CLI::App* command = add_command(app, "commit", "Record what is staged", group::kWork);
  values(command, "-m,--message", options->messages, "MESSAGE",
         "The message; again for a paragraph");
  value(command, "-F,--file", options->file, "FILE", "Read the message from FILE, - for stdin");
  flag(command, "-a,--all", options->all, "Stage changed and deleted tracked files first");
  flag(command, "--amend", options->amend, "Replace the last commit");
  flag(command, "--allow-empty", options->allow_empty, "Commit although nothing changed");
  value(command, "--author", options->author, "AUTHOR", "Somebody else, as 'Name <mail>'");
  examples(command, {"mhub commit -m 'First weights'", "mhub commit -am 'After epoch 3'"});
  on_run(command, context, [options, &context] { return commit(context, *options); });
}

}  // namespace mhub::cli
