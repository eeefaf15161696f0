// mhub search

#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/remote/hub_repos.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "hub_choice.hpp"

namespace mhub::cli {
namespace {

struct SearchCommand {
  std::vector<std::string> words;  ///< perhaps a kind, then what is searched for
  std::string hub;
  std::uint64_t limit = 20;
  remote::RepoQuery query;
};

// Takes the kind off the words.
wire::RepoType take_kind(SearchCommand& command) {
  if (command.words.empty()) return wire::RepoType::model;
  const auto kind = wire::parse_api_plural(command.words.front());
  if (!kind) return wire::RepoType::model;
  command.words.erase(command.words.begin());
  return *kind;
}

void print_table(Context& context, const std::vector<wire::RepoListItem>& items) {
  std::size_t width = 4;
  for (const wire::RepoListItem& item : items) width = std::max(width, printable(item.id).size());
  context.out().print("{:<{}}  {:>10}  {:>7}  {}\n", "NAME", width, "DOWNLOADS", "LIKES",
                      "MODIFIED");
  for (const wire::RepoListItem& item : items) {
    context.out().print("{:<{}}  {:>10}  {:>7}  {}{}\n", printable(item.id), width, item.downloads,
                        item.likes, printable(item.last_modified.substr(0, 10)),
                        item.is_private ? "  (private)" : "");
  }
}

int search(Context& context, SearchCommand& command) {
  const wire::RepoType type = take_kind(command);
  for (const std::string& word : command.words)
    command.query.search += (command.query.search.empty() ? "" : " ") + word;
  if (command.query.search.empty() && command.query.author.empty() &&
      command.query.filters.empty()) {
    throw Error(ErrorKind::usage, "say what to search for");
  }
  command.query.limit = command.limit;
  HubSession session(context, command.hub);
  const auto items = remote::list_repos(session.api, type, command.query);
  context.end_progress();
  if (context.json()) {
    Json all = Json::array();
    for (const wire::RepoListItem& item : items) {
      all.push_back({{"id", item.id},
                     {"type", wire::name_of(type)},
                     {"private", item.is_private},
                     {"sha", item.sha},
                     {"last_modified", item.last_modified},
                     {"downloads", item.downloads},
                     {"likes", item.likes},
                     {"tags", item.tags}});
    }
    context.out().document(all);
  } else if (items.empty()) {
    context.say("nothing found");
  } else {
    print_table(context, items);
  }
  return kExitDone;
}

}  // namespace

void add_search(CLI::App& app, Context& context) {
  auto options = std::make_shared<SearchCommand>();
  CLI::App* command = add_command(app, "search", "Find repositories on a hub", group::kHub);
  arguments(command, "KIND|QUERY", options->words,
            "models (if left out), datasets or spaces, then a part of the name");
  value(command, "--author", options->query.author, "OWNER", "Only those of this owner");
  values(command, "--filter", options->query.filters, "TAG",
         "Only those with this tag, such as license:mit; again for more");
  value(command, "--sort", options->query.sort,
        "downloads|likes|lastModified|createdAt|trendingScore|id", "What comes first")
      ->check(
          CLI::IsMember({"downloads", "likes", "lastModified", "createdAt", "trendingScore", "id"})
              .description(""));
  number(command, "--limit", options->limit, "N", "At most N; 20 if left out")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1000000}).description(""));
  value(command, "--hub", options->hub, "URL", "The hub; the default one if left out");
  examples(command, {"mhub search minilm", "mhub search datasets wiki --sort downloads --limit 5",
                     "mhub search --author team --filter license:mit"});
  on_run(command, context, [options, &context] { return search(context, *options); });
}

}  // namespace mhub::cli
