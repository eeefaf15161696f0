#pragma once
// A repository of a running hub that is written to over HTTP and looked at on disk.

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <mhub/repo/attributes.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/wire/hub_commit.hpp>

#include "test_hub.hpp"

namespace mhub::test {

using nlohmann::json;

inline std::string line(const std::string& key, const json& value) {
  return json({{"key", key}, {"value", value}}).dump() + "\n";
}
inline std::string header_line(const std::string& summary, const std::string& parent = {}) {
  json value = {{"summary", summary}, {"description", ""}};
  if (!parent.empty()) value["parentCommit"] = parent;
  return line("header", value);
}
inline std::string file_line(const std::string& path, const std::string& content) {
  return line("file",
              {{"path", path}, {"content", to_base64(as_bytes(content))}, {"encoding", "base64"}});
}
inline std::string large_line(const std::string& path, const std::string& content) {
  return line("lfsFile", {{"path", path},
                          {"algo", "sha256"},
                          {"oid", sha256_of(as_bytes(content)).hex()},
                          {"size", content.size()}});
}

class HubWriter {
public:
  explicit HubWriter(const TestHub& hub, serve::RepoInfo repo)
      : hub_(hub), repo_(std::move(repo)), git_(open()) {}

  std::string api() const { return repo_.name.api_path(); }
  HttpAnswer commit(const std::string& lines, const std::string& revision = "main") const {
    return hub_.ask("POST", api() + "/commit/" + revision, hub_.admin_token(), lines,
                    {"Content-Type: application/x-ndjson"});
  }
  /// The commit that a good answer names.
  std::string commit_id(const std::string& lines, const std::string& revision = "main") const {
    const auto answer = commit(lines, revision);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return json::parse(answer.body).at("commitOid");
  }
  /// Sends a large file's content, so that commits can name it.
  void upload(const std::string& content) const {
    const std::string path =
        "/" + repo_.name.path() + ".git/info/lfs/objects/" + sha256_of(as_bytes(content)).hex();
    REQUIRE(hub_.ask("PUT", path, hub_.admin_token(), content).status == 200);
  }

  std::optional<repo::Commit> tip(const std::string& ref = "refs/heads/main") {
    git_ = open();
    const auto found = repo::find_ref(git_, ref);
    if (!found) return std::nullopt;
    return repo::read_commit(git_, *repo::peel_to_commit(git_, found->target));
  }
  std::string tip_id(const std::string& ref = "refs/heads/main") {
    const auto commit = tip(ref);
    return commit ? commit->id.hex() : "";
  }
  /// Every file of a branch but .gitattributes.
  std::vector<std::string> paths(const std::string& ref = "refs/heads/main") {
    std::vector<std::string> found;
    const auto commit = tip(ref);
    if (!commit) return found;
    for (const auto& entry : repo::list_tree(git_, commit->tree)) {
      if (entry.path != ".gitattributes") found.push_back(entry.path);
    }
    return found;
  }
  std::optional<repo::PathEntry> entry(const std::string& path) {
    const auto commit = tip();
    return commit ? repo::find_in_tree(git_, commit->tree, path) : std::nullopt;
  }
  std::optional<std::string> text(const std::string& path) {
    const auto found = entry(path);
    if (!found) return std::nullopt;
    return std::string(as_text(repo::read_blob(git_, found->id, 1 << 24)));
  }
  bool is_tracked(const std::string& path) {
    return repo::Attributes::of_tree(git_, tip()->tree).is_large(path);
  }
  std::size_t count_commits(const std::string& ref = "refs/heads/main") {
    std::size_t count = 0;
    const auto commit = tip(ref);
    if (!commit) return 0;
    repo::LogOptions options;
    options.tips = {commit->id};
    repo::walk_log(git_, options, [&](const repo::Commit&) {
      ++count;
      return true;
    });
    return count;
  }

private:
  repo::Repository open() const {
    return repo::Repository::open(hub_.options().data_folder / "git" /
                                  (std::to_string(repo_.id) + ".git"));
  }

  const TestHub& hub_;
  serve::RepoInfo repo_;
  repo::Repository git_;
};

}  // namespace mhub::test
