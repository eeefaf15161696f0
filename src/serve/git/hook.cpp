#include <algorithm>
#include <charconv>
#include <istream>
#include <ostream>
#include <set>

#include <unistd.h>

#include <mhub/base/error.hpp>
#include <mhub/serve/hook.hpp>

#include "catalog/catalog.hpp"
#include "catalog/discussions.hpp"
#include "catalog/facts.hpp"
#include "catalog/schema.hpp"
#include "data_folder.hpp"
#include "git/pointer_walk.hpp"
#include "hf/pull_requests.hpp"
#include "hf/repo_facts.hpp"
#include "webhooks/events.hpp"

namespace mhub::serve {

namespace {

constexpr std::string_view kDefaultBranch = "refs/heads/main";
constexpr std::string_view kPullRefs = "refs/pr/";
constexpr std::size_t kNamedFiles = 20;
/// What git tells its hooks about the quarantine; the walk's own git needs it too.
constexpr const char* kGitVariables[] = {"GIT_DIR", "GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY",
                                         "GIT_ALTERNATE_OBJECT_DIRECTORIES"};

struct Update {
  std::string before;
  std::string after;
  std::string ref;
  bool creates() const { return before.find_first_not_of('0') == std::string::npos; }
  bool deletes() const { return after.find_first_not_of('0') == std::string::npos; }
};

/// What the server says about a push.
struct Push {
  DataFolder folder;
  std::int64_t repo = 0;
  std::string git_program;
  std::int64_t user = 0;
  bool may_write = false;  ///< else to the user's own pull requests alone
  std::vector<Update> updates;
};

std::optional<Push> read_push(std::istream& commands, const Environment& environment) {
  Push push;
  push.folder.root = environment("MHUB_HOOK_DATA");
  push.git_program = environment("MHUB_HOOK_GIT");
  const std::string repo = environment("MHUB_HOOK_REPO");
  const std::string user = environment("MHUB_HOOK_USER");
  if (push.folder.root.empty() || push.git_program.empty() || repo.empty() || user.empty())
    return std::nullopt;
  push.repo = std::stoll(repo);
  push.user = std::stoll(user);
  push.may_write = environment("MHUB_HOOK_WRITES") == "1";
  Update update;
  while (commands >> update.before >> update.after >> update.ref) push.updates.push_back(update);
  return push;
}

/// Why that pull request may not be pushed to; empty if it may.
std::string fault_of(const Push& push, const Update& update, Discussions& discussions) {
  const auto number = pull_request_number(update.ref);
  const auto pull = number ? discussions.find(push.repo, *number) : std::nullopt;
  if (!pull || !pull->is_pull_request)
    return "there is no pull request " + printable(update.ref) + " (make one first)";
  if (update.deletes()) return "the pull request " + update.ref + " cannot be deleted, but closed";
  if (pull->is_settled())
    return fmt::format("the pull request {} is {}", update.ref, wire::name_of(pull->status));
  if (!push.may_write && pull->author_id != push.user)
    return "the pull request " + update.ref + " is somebody else's";
  return {};
}

bool refuse_refs(const Push& push, Discussions& discussions, std::ostream& messages) {
  bool refused = false;
  const auto refuse = [&](const std::string& why) {
    messages << "mhub: " << why << "\n";
    refused = true;
  };
  for (const Update& update : push.updates) {
    if (update.ref.starts_with(kPullRefs)) {
      const std::string fault = fault_of(push, update, discussions);
      if (!fault.empty()) refuse(fault);
    } else if (!push.may_write) {
      refuse("you may push to your own pull requests here, not to " + printable(update.ref));
    } else if (update.deletes() && update.ref == kDefaultBranch) {
      refuse("the default branch main cannot be deleted");
    } else if (!update.ref.starts_with("refs/heads/") && !update.ref.starts_with("refs/tags/")) {
      refuse("only branches, tags and pull requests can be pushed, not " + printable(update.ref));
    }
  }
  return refused;
}

int refuse_strange_call(std::ostream& messages) {
  messages << "mhub: this hook is run by the hub alone\n";
  return 1;
}

/// Before the references move.
int check(std::istream& commands, std::ostream& messages, const Environment& environment) {
  const auto push = read_push(commands, environment);
  if (!push) return refuse_strange_call(messages);
  const DataFolder& folder = push->folder;
  const auto database = open_catalog_database_read_only(folder.catalog());
  if (refuse_refs(*push, *sqlite_discussions(database), messages)) return 1;

  PointerWalk walk;
  walk.setup = {push->git_program, environment("PATH"), folder.home()};
  walk.environment = walk.setup.environment();
  for (const char* name : kGitVariables) {
    if (const std::string value = environment(name); !value.empty())
      walk.environment.push_back(std::string(name) + "=" + value);
  }
  for (const Update& one : push->updates) {
    if (!one.deletes()) walk.tips.push_back(one.after);
  }
  if (walk.tips.empty()) return 0;
  walk.only_new = true;

  const auto catalog = sqlite_catalog(database);
  std::set<std::pair<std::string, std::string>> missing;
  walk_pointers(
      walk,
      [&](const WalkedPointer& pointer) {
        const auto file = catalog->find_file(push->repo, pointer.sha256);
        if (!file || file->size_bytes != pointer.size_bytes)
          missing.emplace(pointer.path, pointer.sha256.hex());
      },
      never_stopped());
  if (missing.empty()) return 0;

  messages << "mhub: push refused: the hub does not hold " << missing.size()
           << (missing.size() == 1 ? " large file" : " large files") << " of these commits:\n";
  std::size_t named = 0;
  for (const auto& [path, oid] : missing) {
    if (++named > kNamedFiles) {
      messages << "mhub:   and " << missing.size() - kNamedFiles << " more\n";
      break;
    }
    messages << "mhub:   " << printable(path) << " (sha256 " << oid << ")\n";
  }
  messages << "mhub: send them first (mhub push does; with git-lfs: git lfs push --all REMOTE)\n";
  return 1;
}

void tell_pull_requests(const Push& push, const std::shared_ptr<Database>& database) {
  const auto discussions = sqlite_discussions(database);
  std::optional<repo::Repository> git;
  for (const Update& update : push.updates) {
    const auto number = pull_request_number(update.ref);
    const auto pull = number ? discussions->find(push.repo, *number) : std::nullopt;
    if (!pull) continue;
    if (!git) git.emplace(repo::Repository::open(push.folder.repo(push.repo)));
    tell_of_commits(*discussions, *git, *pull, push.user);
  }
}

/// The refs have moved: what fails here is not told to the client, and mended when the hub starts
/// again or a pull request is looked at.
int write_down(std::istream& commands, const Environment& environment) {
  const auto push = read_push(commands, environment);
  if (!push || push->updates.empty()) return 0;
  const auto& updates = push->updates;
  const DataFolder& folder = push->folder;
  const auto database = open_catalog_database(folder.catalog());
  const auto catalog = sqlite_catalog(database);
  const auto repo = catalog->find_repo(push->repo);
  if (!repo) return 0;
  tell_pull_requests(*push, database);
  const auto facts = sqlite_facts(database);
  const bool is_default = std::any_of(updates.begin(), updates.end(), [](const Update& update) {
    return update.ref == kDefaultBranch;
  });
  if (is_default) {
    std::unique_ptr<store::Store> opened;
    const auto open_store = [&]() -> store::Store& {
      if (!opened) opened = store::Store::open(folder.store());
      return *opened;
    };
    refresh_facts_quietly({*facts, folder, *catalog, open_store}, *repo);
  }
  const auto webhooks = sqlite_webhooks(database);
  HubEvent event{"update", "repo.content", *repo, {}, {}, {}};
  if (const auto kept = facts->find(repo->id)) event.head = kept->head;
  for (const Update& update : updates)
    event.refs.push_back(
        {update.ref, update.creates() ? "" : update.before, update.deletes() ? "" : update.after});
  announce({*catalog, *webhooks, environment("MHUB_HOOK_URL")}, event);
  return 0;
}

/// Says what failed where the server reads it and its clients do not. Never throws.
void write_to_log(const Environment& environment, std::string_view hook,
                  const std::exception& error) {
  int descriptor = -1;
  const std::string number = environment("MHUB_HOOK_LOG");
  std::from_chars(number.data(), number.data() + number.size(), descriptor);
  if (descriptor <= STDERR_FILENO) return;
  const std::string line =
      fmt::format("{} of repository {}: {}\n", hook, environment("MHUB_HOOK_REPO"), error.what());
  [[maybe_unused]] const ssize_t written = ::write(descriptor, line.data(), line.size());
}

bool is_called(std::string_view program_name, std::string_view hook) {
  return program_name.substr(program_name.rfind('/') + 1) == hook;
}
constexpr std::string_view kBefore = "pre-receive";
constexpr std::string_view kAfter = "post-receive";

}  // namespace

bool is_hook_call(std::string_view program_name) {
  return is_called(program_name, kBefore) || is_called(program_name, kAfter);
}

int run_hook(std::string_view program_name, std::istream& commands, std::ostream& messages,
             const Environment& environment) {
  if (is_called(program_name, kAfter)) {
    try {
      return write_down(commands, environment);
    } catch (const std::exception& error) {
      write_to_log(environment, kAfter, error);
      return 1;
    }
  }
  try {
    return check(commands, messages, environment);
  } catch (const std::exception& error) {
    // Which may name files of this machine.
    write_to_log(environment, kBefore, error);
    messages << "mhub: push refused: the hub could not check it, and its log says why; try again "
                "later\n";
  }
  return 1;
}

}  // namespace mhub::serve
