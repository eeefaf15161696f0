#include "hugging_face_rules.hpp"

#include <algorithm>

#include <mhub/base/bytes.hpp>
#include <mhub/remote/hub_files.hpp>
#include <mhub/repo/objects.hpp>

namespace mhub::sync {

namespace {

constexpr std::string_view kMain = "refs/heads/main";
constexpr std::string_view kPullRequests = "refs/pr/";
constexpr std::string_view kAttributes = ".gitattributes";
/// Files that an error names; the others are counted.
constexpr std::size_t kNamedFiles = 10;

}  // namespace

void check_refs_for_hugging_face(const std::vector<remote::RefPush>& wanted,
                                 const remote::RemoteRefs& on_hub) {
  for (const remote::RefPush& ref : wanted) {
    const std::string& name = ref.remote_ref;
    if (name == kMain && ref.source_id.empty()) {
      throw Error(ErrorKind::conflict, "the hub keeps every repository's branch main")
          .hint("to begin anew, push another history over it: mhub push --force");
    }
    if (name.starts_with("refs/heads/") || name.starts_with("refs/tags/")) continue;
    if (!name.starts_with(kPullRequests)) {
      throw Error(ErrorKind::conflict, "the hub takes branches, tags and pull requests, not {}",
                  printable(name))
          .hint("push it as a branch: mhub push REMOTE COMMIT:BRANCH");
    }
    if (on_hub.find(name) == nullptr) {
      throw Error(ErrorKind::conflict, "the hub has no pull request {}",
                  printable(name.substr(kPullRequests.size())))
          .hint("make one first: mhub discussion create --pull-request REPO TITLE");
    }
  }
}

void check_files_for_hugging_face(std::vector<repo::FoundBlob> too_large) {
  if (too_large.empty()) return;
  std::sort(too_large.begin(), too_large.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  std::string names;
  for (std::size_t i = 0; i < std::min(too_large.size(), kNamedFiles); ++i) {
    names += fmt::format("{}{} ({})", i == 0 ? "" : ", ", printable(too_large[i].path),
                         human_bytes(too_large[i].size_bytes));
  }
  if (too_large.size() > kNamedFiles)
    names += fmt::format(" and {} more", too_large.size() - kNamedFiles);
  throw Error(ErrorKind::conflict, "the hub takes files above 10 MB as large files alone, not {}",
              names)
      .hint(fmt::format("mhub track '{0}' && mhub rm --cached '{0}' && mhub add '{0}' && mhub "
                        "commit --amend; older commits that hold it must be made anew",
                        printable(too_large.front().path)));
}

bool may_replace_first_commit(repo::Repository& repository, HubLink& link,
                              const std::string& commit, const repo::ObjectId& ours) {
  const auto tree = repo::peel_to_tree(repository, ours);
  if (!tree || !repo::find_in_tree(repository, *tree, kAttributes)) return false;
  remote::HubApi* const api = link.hugging_face();
  if (api == nullptr) return false;
  return remote::is_first_commit_with_only(*api, *link.address().repo, commit, kAttributes);
}

}  // namespace mhub::sync
