#pragma once
// The REST routes about one repository's content: what a revision holds, the bytes of its files,
// and commits made over HTTP. In the shapes of Hugging Face's API.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/remote/hub_api.hpp>
#include <mhub/wire/hub_commit.hpp>
#include <mhub/wire/hub_preupload.hpp>
#include <mhub/wire/hub_tree.hpp>
#include <mhub/wire/repo_name.hpp>

namespace mhub::remote {

/// Files that one listing may hold.
inline constexpr std::size_t kListedFilesMax = 1'000'000;

/// What a hub knows of a revision.
struct RevisionAnswer {
  enum class What { found, no_revision, no_repository };
  What what = What::no_repository;
  std::string commit = {};  ///< 40 hexadecimal digits if found
  /// Why there is no repository for the caller, as the hub said it.
  std::optional<Error> error = {};
};

/// Threads may share it. Calls throw Error: denied, not_found, network, corrupt, usage (refused as
/// wrong), interrupted.
class HubContent {
public:
  /// `hub_url` is the hub's base address, without credentials.
  HubContent(HubConnection& hub, std::string hub_url, wire::RepoName repo);

  /// Looks `revision` (a branch, tag, reference or commit) up. A repository that the caller may not
  /// see counts as none.
  RevisionAnswer find_revision(std::string_view revision);
  /// The commit. Throws Error: not_found, denied.
  std::string require_revision(std::string_view revision);

  /// All files at `revision`, folders left out. Paths are not validated for use on disk.
  std::vector<wire::TreeEntry> list_files(std::string_view revision);
  /// Those of `paths` that are files at `revision`.
  std::vector<wire::TreeEntry> find_files(std::string_view revision,
                                          std::span<const std::string> paths);

  /// GETs bytes [from, size) of the file `path`, which is `size_bytes` long at `commit`. `on_start`
  /// is called before the first byte with the offset where the data begins: `from`, or 0 if the
  /// server sends the whole. Exactly the file's size is delivered, or an Error thrown: corrupt (too
  /// many bytes), network (too few). The caller checks the content.
  void download(std::string_view commit, const std::string& path, std::uint64_t size_bytes,
                std::uint64_t from, const std::function<void(std::uint64_t offset)>& on_start,
                const net::HttpClient::OnData& on_data);

  /// How files are to be sent to `revision`, and what is there now.
  wire::PreuploadAnswer preupload(std::string_view revision, const wire::PreuploadRequest& request,
                                  bool as_pull_request);
  /// Commits to `revision`, or with `as_pull_request` to a new pull request on it. `lines` are JSON
  /// Lines. Nothing if the header's parent is no longer the branch's tip.
  std::optional<wire::CommitAnswer> commit(std::string_view revision, net::Body lines,
                                           bool as_pull_request);
  /// Makes a branch of the default one; it is fine if it exists.
  void make_branch(std::string_view name);

  /// The routes that answer CAS tokens.
  std::string read_token_url(std::string_view revision) const;

  const std::string& hub_url() const { return api_.hub_url(); }
  const wire::RepoName& repo() const { return repo_; }
  /// "{hub}/owner/name".
  std::string web_url() const { return hub_url() + "/" + repo_.path(); }

private:
  /// The path of the repository's route `name` for `revision`.
  std::string route(std::string_view name, std::string_view revision) const;

  HubConnection& hub_;
  HubApi api_;
  wire::RepoName repo_;
};

}  // namespace mhub::remote
