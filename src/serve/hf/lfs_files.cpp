#include "hf/lfs_files.hpp"

#include <limits>
#include <mutex>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include <mhub/base/json_bounds.hpp>
#include <mhub/repo/refs.hpp>

#include "git/git_face.hpp"
#include "git/pointer_walk.hpp"
#include "hf/changes.hpp"
#include "hf/files.hpp"
#include "hf/history_rewrite.hpp"
#include "hf/parameters.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

using nlohmann::json;

constexpr std::size_t kPage = 1000;
constexpr std::size_t kDeletionsAtMost = 1000;

HistoryKey key_of_history(const Call& call) {
  auto git = open_git(call);
  Sha256Hasher refs;
  for (const repo::Ref& ref : repo::list_refs(git))
    refs.update(as_bytes(fmt::format("{} {}\n", ref.target.hex(), ref.name)));
  return {call.repo->id, refs.finish()};
}

/// Where in the history those files were first met.
LfsPaths::Paths paths_of(const Call& call, const std::vector<HeldFile>& held) {
  if (held.empty()) return {};
  std::vector<Sha256> wanted;
  for (const HeldFile& one : held) wanted.push_back(one.file.sha256);
  return call.hub.lfs_paths.find(key_of_history(call), wanted, [&](const auto& meet) {
    const HeldPass place = take_git_place(call);
    const GitSetup setup = git_setup(call.hub);
    walk_pointers(
        {setup, setup.environment(), call.hub.folder.repo(call.repo->id), {}, false},
        [&](WalkedPointer pointer) { meet(pointer.sha256, std::move(pointer.path)); },
        call.hub.stopping);
  });
}

Response list(Call& call) {
  std::optional<Sha256> after;
  if (const auto cursor = call.request->parameter("cursor")) {
    after = Sha256::parse(*cursor);
    if (!after) throw Refused(400, "this is no cursor of this list");
  }
  auto held = call.hub.catalog->list_files(call.repo->id, after, kPage + 1);
  const bool has_more = held.size() > kPage;
  if (has_more) held.resize(kPage);
  const auto paths = paths_of(call, held);
  json files = json::array();
  for (const HeldFile& one : held) {
    const std::string digest = one.file.sha256.hex();
    const std::string& path = paths.at(one.file.sha256);
    files.push_back({{"fileOid", digest},
                     {"oid", digest},
                     {"filename", path.empty() ? digest : path},
                     {"size", one.file.size_bytes},
                     {"pushedAt", timestamp(one.added_unix_s)},
                     {"xetHash", one.file.xet_hash.text()}});
  }
  Response response =
      json_response(200, files.dump(-1, ' ', false, json::error_handler_t::replace));
  if (has_more) response.with("Link", next_link(call, held.back().file.sha256.hex()));
  return response;
}

struct Deletions {
  std::vector<Sha256> files;
  bool rewrites_history = false;
};
Deletions read_deletions(const Call& call) {
  if (!is_within_json_bounds(call.body, 4 * kDeletionsAtMost))
    throw Refused(400, "the request is no JSON, or too long");
  const json body = json::parse(call.body, nullptr, false);
  const auto asked = body.is_object() ? body.find("deletions") : body.end();
  if (!body.is_object() || asked == body.end() || !asked->is_object())
    throw Refused(400, "the request names no deletions");
  Deletions deletions;
  const auto list = asked->find("sha");
  if (list == asked->end() || !list->is_array() || list->size() > kDeletionsAtMost)
    throw Refused(400, "deletions name no sha, or too many");
  for (const json& text : *list) {
    const auto digest =
        text.is_string() ? Sha256::parse(text.get_ref<const std::string&>()) : std::nullopt;
    if (!digest) throw Refused(400, "sha holds what is no SHA-256");
    deletions.files.push_back(*digest);
  }
  const auto rewrite = asked->find("rewriteHistory");
  deletions.rewrites_history =
      rewrite != asked->end() && rewrite->is_boolean() && rewrite->get<bool>();
  return deletions;
}

Response remove(Call& call) {
  const Deletions deletions = read_deletions(call);
  std::vector<RefChange> changes;
  if (deletions.rewrites_history) {
    auto git = open_git(call);
    const std::lock_guard turn(call.hub.branch_locks.of(call.repo->id));
    git.refresh();
    const std::unordered_set<Sha256> files(deletions.files.begin(), deletions.files.end());
    try {
      const std::size_t written = remove_files_from_history(git, files, call.hub.stopping, changes);
      call.hub.repacker.note(call.repo->id, written);
    } catch (...) {
      refs_changed(call, *call.repo, changes);
      throw;
    }
  }
  // Later: a commit that needs one of them is refused from now on.
  call.hub.catalog->remove_files(call.repo->id, deletions.files,
                                 std::numeric_limits<std::int64_t>::max());
  refs_changed(call, *call.repo, changes);
  return json_response(200, "{}");
}

}  // namespace

std::vector<Route> lfs_file_routes(const ServeLimits& limits) {
  Route files;
  files.pattern = "/api/{api_repo}/lfs-files";
  files.access = Access::repo_write;
  files.run = Run::slow;
  files.handle = list;
  files.is_long = always_long;
  Route batch = files;
  batch.method = Method::post;
  batch.pattern = "/api/{api_repo}/lfs-files/batch";
  batch.body_limit_bytes = limits.json_body_bytes;
  batch.handle = remove;
  return {files, batch};
}

}  // namespace mhub::serve
