// mhub show

#include <mhub/base/error.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/diff.hpp>

#include "command.hpp"
#include "commands.hpp"
#include "describe.hpp"
#include "revision_arguments.hpp"

namespace mhub::cli {
namespace {

// What `show REVISION:PATH` prints at most; larger blobs belong into files.
constexpr std::uint64_t kBlobLimitBytes = std::uint64_t{64} << 20;

// `value` is filled up and printed with --json.
int show_blob(Context& context, const repo::ObjectId& id, Json value) {
  const repo::BlobContent content = repo::describe_blob(context.repository(), id);
  if (context.json()) {
    value.update({{"id", id.hex()}, {"type", "blob"}, {"size", content.size_bytes}});
    value["large"] = content.pointer.has_value();
    if (content.pointer) value["sha256"] = content.pointer->sha256.hex();
    context.out().document(value);
    return kExitDone;
  }
  const Bytes bytes = repo::read_blob(context.repository(), id, kBlobLimitBytes);
  context.out().write(as_text(bytes));
  return kExitDone;
}

int show_tree(Context& context, const repo::ObjectId& id, Json value) {
  Json entries = Json::array();
  for (const repo::TreeEntry& entry : repo::read_tree(context.repository(), id)) {
    const bool folder = entry.mode == repo::FileMode::tree;
    if (context.json()) {
      entries.push_back({{"name", entry.name}, {"id", entry.id.hex()}, {"folder", folder}});
    } else {
      context.out().print("{}{}\n", printable(entry.name), folder ? "/" : "");
    }
  }
  if (context.json()) {
    value.update({{"id", id.hex()}, {"type", "tree"}, {"entries", std::move(entries)}});
    context.out().document(value);
  }
  return kExitDone;
}

int show_commit(Context& context, const repo::ObjectId& id, Json value) {
  repo::Repository& repository = context.repository();
  const repo::Commit commit = repo::read_commit(repository, id);
  const auto from = commit.parents.empty() ? std::nullopt
                                           : repo::peel_to_tree(repository, commit.parents.front());
  const auto changes = sync::diff_trees(repository, from, commit.tree, {});
  if (context.json()) {
    value.update(to_json(commit));
    value["changes"] = Json::array();
    for (const sync::FileDiff& change : changes) value["changes"].push_back(to_json(change));
    context.out().document(value);
    return kExitDone;
  }
  context.out().write(commit_header(context.out(), commit, ""));
  if (!changes.empty()) context.out().write("\n");
  for (const sync::FileDiff& change : changes) context.out().write(diff_line(change) + "\n");
  return kExitDone;
}

int show(Context& context, const std::string& revision) {
  repo::Repository& repository = context.repository();
  auto id = repo::find_revision(repository, revision.empty() ? "HEAD" : revision);
  if (!id) {
    throw Error(ErrorKind::not_found, "no revision {}",
                revision.empty() ? "HEAD" : printable(revision));
  }
  Json tags = Json::array();
  while (const auto tag = repo::read_tag(repository, *id)) {
    if (!context.json()) {
      context.out().print("tag {}\nTagger: {} <{}>\nDate:   {}\n\n{}\n", printable(tag->name),
                          printable(tag->tagger.name), printable(tag->tagger.email),
                          git_time(tag->tagger), indented_message(tag->message));
    }
    tags.push_back(
        {{"name", tag->name}, {"tagger", to_json(tag->tagger)}, {"message", tag->message}});
    id = tag->target;
  }
  Json value = Json::object();
  // A tag of a tag is rare: the outermost is what was asked for.
  if (!tags.empty()) value["tag"] = tags.front();
  const auto type = repo::object_type(repository, *id);
  if (type == repo::ObjectType::blob) return show_blob(context, *id, std::move(value));
  if (type == repo::ObjectType::tree) return show_tree(context, *id, std::move(value));
  return show_commit(context, *id, std::move(value));
}

}  // namespace

void add_show(CLI::App& app, Context& context) {
  auto revision = std::make_shared<std::string>();
  CLI::App* command = add_command(app, "show", "Show a commit and what it changed", group::kWork);
  argument(command, "REVISION", *revision, "HEAD if left out; REVISION:PATH shows a file");
  examples(command, {"mhub show", "mhub show v1", "mhub show HEAD~1:config.json"});
  on_run(command, context, [revision, &context] { return show(context, *revision); });
}

}  // namespace mhub::cli
