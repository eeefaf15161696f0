// mhub discussion

#include <algorithm>
#include <charconv>

#include <mhub/base/error.hpp>
#include <mhub/base/file_system.hpp>
#include <mhub/remote/hub_discussions.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "repo_argument.hpp"

namespace mhub::cli {
namespace {

using Kind = wire::DiscussionEvent::Kind;

struct DiscussionCommand {
  RepoWords repo;
  std::string number;
  std::string title;
  std::vector<std::string> messages;
  std::string file;
  bool pull_request = false;
  bool diff = false;
  std::string kind;
  std::string status = "open";
  std::string author;
  std::uint64_t limit = 100;
};

std::int64_t read_number(const std::string& text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || stop != end || number < 1)
    throw Error(ErrorKind::usage, "{} is no number of a discussion", printable(text));
  return number;
}

// -m paragraphs, or -F; may be empty.
std::string read_text(Context& context, const DiscussionCommand& command) {
  if (!command.file.empty()) {
    if (!command.messages.empty()) throw Error(ErrorKind::usage, "give -m or -F, not both");
    if (command.file == "-") return context.read_input(wire::kDiscussionTextMaxBytes);
    const Bytes bytes = read_file(real_file_system(), context.absolute(command.file),
                                  wire::kDiscussionTextMaxBytes);
    return std::string(as_text(bytes));
  }
  std::string text;
  for (const std::string& one : command.messages) text += (text.empty() ? "" : "\n\n") + one;
  return text;
}

/// A hub and one of its repositories.
struct Place {
  Place(Context& context, const RepoWords& words) : Place(context, read_repo(context, words)) {}
  HubSession session;
  wire::RepoName repo;

private:
  Place(Context& context, const RepoArgument& argument)
      : session(context, argument.hub), repo(full_name(session, argument)) {}
};

std::string url_of(const Place& place) {
  return net::join_url(place.session.url.str(), place.repo.path());
}

std::string url_of(const Place& place, std::int64_t number) {
  return fmt::format("{}/discussions/{}", url_of(place), number);
}

std::string_view kind_of(const wire::DiscussionSummary& summary) {
  return summary.is_pull_request ? "pull request" : "discussion";
}

Json to_json(const wire::DiscussionSummary& summary) {
  return {{"number", summary.number},
          {"title", summary.title},
          {"status", wire::name_of(summary.status)},
          {"pull_request", summary.is_pull_request},
          {"author", summary.author.empty() ? Json() : Json(summary.author)},
          {"created_at", summary.created_at}};
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::comment:
      return "comment";
    case Kind::status_change:
      return "status";
    case Kind::commit:
      return "commit";
    case Kind::title_change:
      return "title";
  }
  return "";
}

Json to_json(const wire::DiscussionEvent& event) {
  Json json{{"id", event.id},
            {"kind", name_of(event.kind)},
            {"author", event.author.empty() ? Json() : Json(event.author)},
            {"created_at", event.created_at},
            {"text", event.text}};
  if (event.kind == Kind::comment) {
    json["hidden"] = event.is_hidden;
    json["edited"] = event.edits > 0;
  } else if (event.kind == Kind::commit) {
    json["commit"] = event.detail;
  } else if (event.kind == Kind::title_change) {
    json["before"] = event.detail;
  }
  return json;
}

// Text of others, line by line, each without what could command a terminal.
void print_text(Context& context, std::string_view text, std::string_view indent = "    ") {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    context.out().print("{}{}\n", indent, printable(line));
  }
}

void print_event(Context& context, const wire::DiscussionEvent& event) {
  const std::string who = event.author.empty() ? "somebody" : printable(event.author);
  const std::string when = printable(event.created_at);
  switch (event.kind) {
    case Kind::comment:
      context.out().print("\n{}, {}{}\n", who, when, event.edits > 0 ? " (edited)" : "");
      print_text(context, event.is_hidden ? std::string_view("(hidden)") : event.text);
      break;
    case Kind::status_change:
      context.out().print("\n{}, {}: {}\n", who, when, printable(event.text));
      break;
    case Kind::commit:
      context.out().print("\n{}, {}: commit {} {}\n", who, when,
                          printable(event.detail.substr(0, 10)), printable(event.text));
      break;
    case Kind::title_change:
      context.out().print("\n{}, {}: renamed to {}\n", who, when, printable(event.text));
      break;
  }
}

int list(Context& context, const DiscussionCommand& command) {
  Place place(context, command.repo);
  remote::DiscussionQuery query;
  if (command.kind == "pull-request") query.kind = "pull_request";
  if (command.kind == "discussion") query.kind = "discussion";
  if (command.status != "all") query.status = command.status;
  query.author = command.author;
  query.limit = command.limit;
  const auto found = remote::list_discussions(place.session.api, place.repo, query);
  context.end_progress();
  if (context.json()) {
    Json all = Json::array();
    for (const wire::DiscussionSummary& one : found) all.push_back(to_json(one));
    context.out().document(all);
    return kExitDone;
  }
  if (found.empty()) context.say("there are none");
  for (const wire::DiscussionSummary& one : found) {
    context.out().print("{:>5}  {:<6}  {:<12}  {:<12}  {}\n", one.number, wire::name_of(one.status),
                        kind_of(one), printable(one.author), printable(one.title));
  }
  return kExitDone;
}

int show(Context& context, const DiscussionCommand& command) {
  const std::int64_t number = read_number(command.number);
  Place place(context, command.repo);
  const auto found = remote::find_discussion(place.session.api, place.repo, number, command.diff);
  context.end_progress();
  const wire::DiscussionSummary& summary = found.summary;
  if (context.json()) {
    Json json = to_json(summary);
    json["url"] = url_of(place, number);
    json["events"] = Json::array();
    for (const wire::DiscussionEvent& event : found.events)
      json["events"].push_back(to_json(event));
    if (found.pull_request) {
      json["base"] = found.pull_request->base;
      json["merge_commit"] = found.pull_request->merge_commit.empty()
                                 ? Json()
                                 : Json(found.pull_request->merge_commit);
      json["conflicts"] = found.pull_request->conflicts;
      if (command.diff) json["diff"] = found.pull_request->diff;
    }
    context.out().document(json);
    return kExitDone;
  }
  context.out().print("{} {}: {} ({})\n", kind_of(summary), number, printable(summary.title),
                      wire::name_of(summary.status));
  context.out().print("{}\n", url_of(place, number));
  for (const wire::DiscussionEvent& event : found.events) print_event(context, event);
  if (found.pull_request) {
    for (const std::string& path : found.pull_request->conflicts)
      context.out().print("\nconflict in {}\n", printable(path));
    if (command.diff && !found.pull_request->diff.empty()) {
      context.out().print("\n");
      print_text(context, found.pull_request->diff, "");
    }
  }
  return kExitDone;
}

int create(Context& context, const DiscussionCommand& command) {
  wire::NewDiscussionRequest request;
  request.title = command.title;
  request.description = read_text(context, command);
  request.is_pull_request = command.pull_request;
  Place place(context, command.repo);
  const auto made = remote::create_discussion(place.session.api, place.repo, request);
  const std::string url = made.url.empty() ? url_of(place, made.number) : made.url;
  context.end_progress();
  if (context.json()) {
    Json json{{"number", made.number}, {"url", url}, {"pull_request", command.pull_request}};
    if (command.pull_request) json["ref"] = fmt::format("refs/pr/{}", made.number);
    context.out().document(json);
    return kExitDone;
  }
  context.out().print("made {}\n", printable(url));
  if (command.pull_request) {
    context.say(
        "it is a draft: push to it with `mhub push REMOTE HEAD:refs/pr/{0}`, then `mhub "
        "discussion reopen {1} {0}`",
        made.number, url_of(place));
  }
  return kExitDone;
}

// What `what` did, for people and programs.
int told(Context& context, const Place& place, std::int64_t number, std::string_view what) {
  context.end_progress();
  if (context.json()) {
    context.out().document({{"number", number}, {"url", url_of(place, number)}, {"done", what}});
  } else {
    context.summary("{} {}", what, url_of(place, number));
  }
  return kExitDone;
}

int comment(Context& context, const DiscussionCommand& command) {
  const std::int64_t number = read_number(command.number);
  const std::string text = read_text(context, command);
  if (text.empty()) {
    throw Error(ErrorKind::usage, "a comment needs a text").hint("give it with -m TEXT or -F FILE");
  }
  Place place(context, command.repo);
  remote::comment_on_discussion(place.session.api, place.repo, number, text);
  return told(context, place, number, "commented");
}

int change_status(Context& context, const DiscussionCommand& command, bool is_open) {
  const std::int64_t number = read_number(command.number);
  const std::string text = read_text(context, command);
  Place place(context, command.repo);
  remote::change_discussion_status(place.session.api, place.repo, number, {is_open, text});
  return told(context, place, number, is_open ? "reopened" : "closed");
}

int merge(Context& context, const DiscussionCommand& command) {
  const std::int64_t number = read_number(command.number);
  const std::string text = read_text(context, command);
  Place place(context, command.repo);
  remote::merge_pull_request(place.session.api, place.repo, number, text);
  return told(context, place, number, "merged");
}

void add_text(CLI::App* command, DiscussionCommand& options, const char* description) {
  values(command, "-m,--message", options.messages, "TEXT", description);
  value(command, "-F,--file", options.file, "FILE", "Read the text from FILE, - for stdin");
}

void add_choice(CLI::App* command, const char* name, std::string& target, const char* choices,
                const std::vector<std::string>& allowed, const char* description) {
  value(command, name, target, choices, description)->check(CLI::IsMember(allowed).description(""));
}

}  // namespace

void add_discussion(CLI::App& app, Context& context) {
  CLI::App* command =
      add_command(app, "discussion", "Talk about a repository and its pull requests", group::kHub);
  command->require_subcommand(1);
  examples(command, {"mhub discussion list team/model",
                     "mhub discussion create team/model 'Wrong licence' -m 'It says MIT.'",
                     "mhub discussion create team/model 'Better weights' --pull-request",
                     "mhub discussion merge team/model 3"});
  // One set of values for each, since defaults differ.
  const auto sub = [&](const char* name, const char* description) {
    auto options = std::make_shared<DiscussionCommand>();
    CLI::App* one = command->add_subcommand(name, description);
    argument(one, "REPO", options->repo.name, "owner/name, hf:owner/name or an address")
        ->required();
    return std::pair(one, options);
  };
  const auto numbered = [&](const char* name, const char* description) {
    const auto made = sub(name, description);
    argument(made.first, "NUMBER", made.second->number, "Which")->required();
    return made;
  };

  const auto [listing, list_options] = sub("list", "List discussions and pull requests");
  add_choice(listing, "--status", list_options->status, "open|closed|all",
             {"open", "closed", "all"}, "Which; open ones if left out");
  add_choice(listing, "--kind", list_options->kind, "discussion|pull-request|all",
             {"discussion", "pull-request", "all"}, "Only these");
  value(listing, "--author", list_options->author, "USER", "Only those that USER began");
  number(listing, "--limit", list_options->limit, "N", "At most N; 100 if left out")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100000}).description(""));
  add_repo_options(listing, list_options->repo);
  on_run(listing, context, [o = list_options, &context] { return list(context, *o); });

  const auto [showing, show_options] = numbered("show", "Show what was said and done");
  flag(showing, "--diff", show_options->diff, "Show a pull request's changes too");
  add_repo_options(showing, show_options->repo);
  on_run(showing, context, [o = show_options, &context] { return show(context, *o); });

  const auto [making, make_options] = sub("create", "Begin a discussion or a pull request");
  argument(making, "TITLE", make_options->title, "What it is about")->required();
  add_text(making, *make_options, "The first text; again for a paragraph");
  flag(making, "--pull-request", make_options->pull_request, "A pull request, as a draft");
  add_repo_options(making, make_options->repo);
  on_run(making, context, [o = make_options, &context] { return create(context, *o); });

  const auto [saying, say_options] = numbered("comment", "Say something");
  add_text(saying, *say_options, "The text; again for a paragraph");
  add_repo_options(saying, say_options->repo);
  on_run(saying, context, [o = say_options, &context] { return comment(context, *o); });

  const auto [closing, close_options] = numbered("close", "Close it");
  add_text(closing, *close_options, "A word why");
  add_repo_options(closing, close_options->repo);
  on_run(closing, context,
         [o = close_options, &context] { return change_status(context, *o, false); });

  const auto [opening, open_options] = numbered("reopen", "Open it again, or publish a draft");
  add_text(opening, *open_options, "A word why");
  add_repo_options(opening, open_options->repo);
  on_run(opening, context,
         [o = open_options, &context] { return change_status(context, *o, true); });

  const auto [merging, merge_options] = numbered("merge", "Merge a pull request into its branch");
  add_text(merging, *merge_options, "A word on it");
  add_repo_options(merging, merge_options->repo);
  on_run(merging, context, [o = merge_options, &context] { return merge(context, *o); });
}

}  // namespace mhub::cli
