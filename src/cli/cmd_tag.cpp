// mhub tag

#include <mhub/base/error.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"

namespace mhub::cli {
namespace {

struct TagCommand {
  std::vector<std::string> names;
  bool annotate = false;
  std::string message;
  bool remove = false;
  bool force = false;
  bool list = false;
};

int list(Context& context) {
  repo::Repository& repository = context.repository();
  Json all = Json::array();
  for (const repo::Ref& ref : repo::list_refs(repository, "refs/tags/")) {
    const std::string name = repo::short_ref_name(ref.name);
    if (!context.json()) {
      context.out().print("{}\n", printable(name));
      continue;
    }
    const auto commit = repo::peel_to_commit(repository, ref.target);
    Json entry{{"name", name}, {"id", ref.target.hex()}};
    if (commit) entry["commit"] = commit->hex();
    if (const auto info = repo::read_tag(repository, ref.target)) {
      entry["tagger"] = to_json(info->tagger);
      entry["message"] = info->message;
    }
    all.push_back(std::move(entry));
  }
  if (context.json()) context.out().document(all);
  return kExitDone;
}

int remove(Context& context, const TagCommand& command) {
  repo::Repository& repository = context.repository();
  Json deleted = Json::array();
  for (const std::string& name : command.names) {
    const auto ref = repo::find_ref(repository, "refs/tags/" + name);
    if (!ref) throw Error(ErrorKind::not_found, "no tag {}", printable(name));
    if (!repo::delete_ref(repository, ref->name, repo::Expected::at(ref->target))) {
      throw Error(ErrorKind::conflict, "tag {} was moved meanwhile", printable(name));
    }
    deleted.push_back({{"name", name}, {"id", ref->target.hex()}});
    context.summary("deleted tag {} (was {})", printable(name), ref->target.short_hex());
  }
  if (context.json()) context.out().document({{"deleted", std::move(deleted)}});
  return kExitDone;
}

int tag(Context& context, const TagCommand& command) {
  if (command.remove) return remove(context, command);
  if (command.list || command.names.empty()) return list(context);
  if (command.names.size() > 2) throw Error(ErrorKind::usage, "too many names");
  repo::Repository& repository = context.repository();
  const std::string& name = command.names[0];
  const std::string full = "refs/tags/" + name;
  if (name.starts_with('-') || !repo::is_valid_ref_name(full)) {
    throw Error(ErrorKind::usage, "{} is no name for a tag", printable(name));
  }
  const std::string revision = command.names.size() > 1 ? command.names[1] : "HEAD";
  repo::ObjectId target = repo::require_commit(repository, revision);
  if (command.annotate || !command.message.empty()) {
    const std::string message = repo::clean_message(command.message);
    if (message.empty()) throw Error(ErrorKind::usage, "an annotated tag needs a message (-m)");
    target = repo::write_tag(repository, name, target, context.committer(), message);
  }
  const auto expected = command.force ? repo::Expected::any() : repo::Expected::none();
  if (!repo::update_ref(repository, full, target, expected, "")) {
    throw Error(ErrorKind::conflict, "a tag {} exists already", printable(name))
        .hint("move it with -f");
  }
  if (context.json()) context.out().document({{"name", name}, {"id", target.hex()}});
  return kExitDone;
}

}  // namespace

void add_tag(CLI::App& app, Context& context) {
  auto options = std::make_shared<TagCommand>();
  CLI::App* command = add_command(app, "tag", "List, make and delete tags", group::kWork);
  arguments(command, "NAME", options->names,
            "A tag to make, and for which revision; all are listed if left out");
  flag(command, "-a,--annotate", options->annotate, "Make a tag with author and message");
  value(command, "-m,--message", options->message, "MESSAGE", "Its message; implies -a");
  flag(command, "-d,--delete", options->remove, "Delete tags");
  flag(command, "-f,--force", options->force, "Move a tag that exists");
  flag(command, "-l,--list", options->list, "List tags");
  examples(command, {"mhub tag v1", "mhub tag -m 'First release' v1.0 HEAD~1", "mhub tag -d v1"});
  on_run(command, context, [options, &context] { return tag(context, *options); });
}

}  // namespace mhub::cli
