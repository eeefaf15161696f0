#include <algorithm>
#include <istream>
#include <ostream>
#include <set>

#include <mhub/base/error.hpp>
#include <mhub/serve/hook.hpp>

#include "catalog/catalog.hpp"
#include "catalog/facts.hpp"
#include "catalog/schema.hpp"
#include "data_folder.hpp"
#include "git/pointer_walk.hpp"
#include "hf/repo_facts.hpp"
#include "webhooks/events.hpp"

namespace mhub::serve {

namespace {

constexpr std::string_view kDefaultBranch = "refs/heads/main";
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

bool refuse_refs(const std::vector<Update>& updates, std::ostream& messages) {
  bool refused = false;
  for (const Update& update : updates) {
    if (update.deletes() && update.ref == kDefaultBranch) {
      messages << "mhub: the default branch main cannot be deleted\n";
      refused = true;
    } else if (!update.ref.starts_with("refs/heads/") && !update.ref.starts_with("refs/tags/")) {
      messages << "mhub: only branches and tags can be pushed, not " << printable(update.ref)
               << "\n";
      refused = true;
    }
  }
  return refused;
}

std::vector<Update> read_updates(std::istream& commands) {
  std::vector<Update> updates;
  Update update;
  while (commands >> update.before >> update.after >> update.ref) updates.push_back(update);
  return updates;
}

int check(std::istream& commands, std::ostream& messages, const Environment& environment) {
  const DataFolder folder{environment("MHUB_HOOK_DATA")};
  const std::string repo_text = environment("MHUB_HOOK_REPO");
  const std::string program = environment("MHUB_HOOK_GIT");
  if (folder.root.empty() || repo_text.empty() || program.empty()) {
    messages << "mhub: this hook is run by the hub alone\n";
    return 1;
  }
  const std::vector<Update> updates = read_updates(commands);
  if (refuse_refs(updates, messages)) return 1;

  PointerWalk walk;
  walk.setup = {program, environment("PATH"), folder.home()};
  walk.environment = walk.setup.environment();
  for (const char* name : kGitVariables) {
    if (const std::string value = environment(name); !value.empty())
      walk.environment.push_back(std::string(name) + "=" + value);
  }
  for (const Update& one : updates) {
    if (!one.deletes()) walk.tips.push_back(one.after);
  }
  if (walk.tips.empty()) return 0;
  walk.only_new = true;

  const auto catalog = open_sqlite_catalog_read_only(folder.catalog());
  const std::int64_t repo = std::stoll(repo_text);
  std::set<std::pair<std::string, std::string>> missing;
  walk_pointers(
      walk,
      [&](const WalkedPointer& pointer) {
        const auto file = catalog->find_file(repo, pointer.sha256);
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

/// The refs have moved: what fails here is told to nobody, and mended when the hub starts again.
int write_down(std::istream& commands, const Environment& environment) {
  const DataFolder folder{environment("MHUB_HOOK_DATA")};
  const auto updates = read_updates(commands);
  if (folder.root.empty() || updates.empty()) return 0;
  const auto database = open_catalog_database(folder.catalog());
  const auto catalog = sqlite_catalog(database);
  const auto repo = catalog->find_repo(std::stoll(environment("MHUB_HOOK_REPO")));
  if (!repo) return 0;
  const auto facts = sqlite_facts(database);
  const bool is_default = std::any_of(updates.begin(), updates.end(), [](const Update& update) {
    return update.ref == kDefaultBranch;
  });
  if (is_default) refresh_facts_quietly({*facts, folder}, *repo);
  const auto webhooks = sqlite_webhooks(database);
  HubEvent event{"update", "repo.content", *repo, {}, {}, {}};
  if (const auto kept = facts->find(repo->id)) event.head = kept->head;
  for (const Update& update : updates)
    event.refs.push_back(
        {update.ref, update.creates() ? "" : update.before, update.deletes() ? "" : update.after});
  announce({*catalog, *webhooks, environment("MHUB_HOOK_URL")}, event);
  return 0;
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
    } catch (const std::exception&) {
      return 1;
    }
  }
  try {
    return check(commands, messages, environment);
  } catch (const std::exception& error) {
    messages << "mhub: push refused, since it could not be checked: " << error.what() << "\n";
  }
  return 1;
}

}  // namespace mhub::serve
