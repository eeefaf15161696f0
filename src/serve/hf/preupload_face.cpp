#include "hf/preupload_face.hpp"

#include <mhub/repo/attributes.hpp>
#include <mhub/repo/ignored_paths.hpp>
#include <mhub/wire/hub_preupload.hpp>

#include "hf/files.hpp"
#include "hf/first_commit.hpp"
#include "hf/parameters.hpp"
#include "hf/text_sample.hpp"
#include "hf/tree_plan.hpp"
#include "hf/write_target.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

/// Larger files do not belong into git, whatever the rules say.
constexpr std::uint64_t kRegularLimitBytes = 10'000'000;
constexpr std::uint64_t kRulesLimitBytes = 4 << 20;
constexpr std::uint64_t kBodyLimitBytes = std::uint64_t{8} << 20;

/// What is at the revision that an upload begins from.
class Present {
public:
  Present(const Call& call, repo::Repository& repository, const std::optional<repo::ObjectId>& tip)
      : type_(call.repo->name.type),
        repository_(repository),
        has_commits_(tip.has_value()),
        tree_(repository,
              tip ? std::optional(repo::read_commit(repository, *tip).tree) : std::nullopt) {}

  std::optional<std::string> rules(const std::string& name) {
    if (!has_commits_ && name == ".gitattributes") return first_gitattributes(type_);
    return tree_.text(name, kRulesLimitBytes);
  }

  /// The digest of a large file, the blob id of another, or nothing.
  std::string content_id(const std::string& path) {
    const auto file = tree_.find(path);
    if (!file || !repo::is_file(file->mode)) return {};
    const HubFile found = read_hub_file(repository_, {path, file->mode, file->id});
    return found.pointer ? found.pointer->sha256.hex() : found.blob.hex();
  }

private:
  wire::RepoType type_;
  repo::Repository& repository_;
  bool has_commits_;
  TreePlan tree_;
};

std::string in_folder(const std::string& folder, const char* name) {
  return folder.empty() ? name : folder + "/" + name;
}

bool goes_large(const wire::PreuploadFile& file, repo::Attributes& attributes) {
  if (file.size_bytes == 0) return false;
  return attributes.is_large(file.path) || file.size_bytes > kRegularLimitBytes ||
         is_binary_sample(file.sample, file.sample.size() < file.size_bytes);
}

Response preupload(Call& call) {
  const auto request = parse_body(call, wire::parse_preupload_request);
  const std::string revision = revision_from(call.rest);
  auto repository = repo::Repository::open(call.hub.folder.repo(call.repo->id));
  const auto tip = find_tip(repository, revision);
  if (!tip) refuse_revision(revision);
  Present present(call, repository, tip->commit);
  auto attributes = repo::Attributes::of_texts([&](const std::string& folder) {
    if (folder.empty() && request.git_attributes) return request.git_attributes;
    return present.rules(in_folder(folder, ".gitattributes"));
  });
  repo::IgnoredPaths ignored([&](const std::string& folder) {
    if (folder.empty() && request.git_ignore) return request.git_ignore;
    return present.rules(in_folder(folder, ".gitignore"));
  });

  wire::PreuploadAnswer answer;
  if (tip->commit) answer.commit_oid = tip->commit->hex();
  for (const wire::PreuploadFile& file : request.files) {
    require_path(file.path);
    answer.files.push_back({file.path, goes_large(file, attributes), ignored.contains(file.path),
                            present.content_id(file.path)});
  }
  return json_response(200, wire::to_json(answer));
}

}  // namespace

std::vector<Route> preupload_routes() {
  Route route;
  route.method = Method::post;
  route.pattern = "/api/{api_repo}/preupload/*";
  route.access = Access::repo_commit;
  route.run = Run::worker;
  route.body_limit_bytes = kBodyLimitBytes;
  route.handle = preupload;
  return {route};
}

}  // namespace mhub::serve
