#include <algorithm>
#include <set>

#include <mhub/base/error.hpp>
#include <mhub/remote/hub_content.hpp>
#include <mhub/wire/hub_history.hpp>
#include <mhub/wire/hub_info.hpp>
#include <mhub/wire/hub_ref_edits.hpp>
#include <mhub/wire/hub_repos.hpp>

#include "exact_body.hpp"

namespace mhub::remote {
namespace {

constexpr std::string_view kErrorRevisionNotFound = "RevisionNotFound";
/// A commit is checked and written before the hub answers, and it may hold thousands of files.
constexpr std::uint32_t kCommitStallLimitMs = 300'000;

}  // namespace

HubContent::HubContent(HubConnection& hub, std::string hub_url, wire::RepoName repo)
    : hub_(hub), api_(hub, std::move(hub_url)), repo_(std::move(repo)) {}

std::string HubContent::route(std::string_view name, std::string_view revision) const {
  return fmt::format("{}/{}/{}", repo_.api_path(), name, net::escape(revision));
}

std::string HubContent::read_token_url(std::string_view revision) const {
  return api_.read_token_url(repo_, revision);
}

RevisionAnswer HubContent::find_revision(std::string_view revision) {
  net::Request request;
  request.url = hub_url() + route("revision", revision) + "?expand=sha";
  request.max_body_bytes = wire::kInfoMaxBodyBytes;
  const net::Response response = hub_.send(std::move(request), AuthStyle::bearer);
  const int status = response.status;
  if (status == 401 || status == 403 || status == 404) {
    const std::string* code = response.header(wire::kErrorCodeHeader);
    if (code != nullptr && *code == kErrorRevisionNotFound)
      return {RevisionAnswer::What::no_revision, {}, {}};
    try {
      require_ok(response, fmt::format("look up {}", printable(repo_.path())));
    } catch (Error& error) {
      return {RevisionAnswer::What::no_repository, {}, std::move(error)};
    }
  }
  require_ok(response, fmt::format("look up {}", printable(repo_.path())));
  auto description = wire::parse_repo_description(response.body, repo_.type);
  if (!wire::is_commit_id(description.sha)) {
    throw Error(ErrorKind::corrupt, "{} gives no commit for {} of {}", hub_url(),
                printable(revision), repo_.path());
  }
  return {RevisionAnswer::What::found, std::move(description.sha), {}};
}

std::string HubContent::require_revision(std::string_view revision) {
  RevisionAnswer answer = find_revision(revision);
  switch (answer.what) {
    case RevisionAnswer::What::found:
      return answer.commit;
    case RevisionAnswer::What::no_revision:
      throw Error(ErrorKind::not_found, "{} has no revision {}", printable(repo_.path()),
                  printable(revision));
    case RevisionAnswer::What::no_repository:
      throw std::move(*answer.error);
  }
  MHUB_ASSERT(false);
}

std::vector<wire::TreeEntry> HubContent::list_files(std::string_view revision) {
  std::vector<wire::TreeEntry> files;
  api_.for_each_page(route("tree", revision) + "?recursive=true&expand=false",
                     fmt::format("list the files of {}", printable(repo_.path())),
                     [&](const net::Response& response) {
                       for (wire::TreeEntry& entry : wire::parse_tree(response.body)) {
                         if (entry.is_folder) continue;
                         if (files.size() == kListedFilesMax) {
                           throw Error(ErrorKind::corrupt, "{} lists more than {} files", hub_url(),
                                       kListedFilesMax);
                         }
                         files.push_back(std::move(entry));
                       }
                       return true;
                     });
  return files;
}

std::vector<wire::TreeEntry> HubContent::find_files(std::string_view revision,
                                                    std::span<const std::string> paths) {
  std::vector<wire::TreeEntry> files;
  while (!paths.empty()) {
    const auto part = paths.first(std::min(paths.size(), wire::kPathsInfoMaxPaths));
    paths = paths.subspan(part.size());
    const net::Response response = api_.send_json(
        "POST", route("paths-info", revision), wire::paths_info_request_json(part),
        fmt::format("look up files of {}", printable(repo_.path())), net::Retry::always);
    const std::set<std::string_view> asked(part.begin(), part.end());
    for (wire::TreeEntry& entry : wire::parse_tree(response.body)) {
      if (!entry.is_folder && asked.contains(entry.path)) files.push_back(std::move(entry));
    }
  }
  return files;
}

void HubContent::download(std::string_view commit, const std::string& path,
                          std::uint64_t size_bytes, std::uint64_t from,
                          const std::function<void(std::uint64_t offset)>& on_start,
                          const net::HttpClient::OnData& on_data) {
  const std::string doing = "download " + printable(path);
  for (;;) {
    ExactBody body(printable(path), size_bytes, from, on_start, on_data);
    net::Request request;
    request.url =
        fmt::format("{}/resolve/{}/{}", web_url(), net::escape(commit), net::escape_path(path));
    // What comes is counted and continued by byte: it must not be compressed on its way.
    request.headers.push_back({"Accept-Encoding", "identity", false});
    if (from > 0) request.range = net::ByteRange{from, size_bytes - 1};
    request.max_body_bytes = size_bytes;
    const net::Response response = hub_.stream(
        std::move(request), AuthStyle::bearer, [&](ByteView bytes) { body.data(bytes); },
        [&](const net::Response& head) { body.head(head); });
    if (response.status == 416 && from > 0) {
      from = 0;
      continue;
    }
    require_ok(response, doing);
    body.check_end();
    return;
  }
}

wire::PreuploadAnswer HubContent::preupload(std::string_view revision,
                                            const wire::PreuploadRequest& request,
                                            bool as_pull_request) {
  return wire::parse_preupload_answer(
      api_.send_json("POST", route("preupload", revision) + (as_pull_request ? "?create_pr=1" : ""),
                     to_json(request), "ask the hub how it wants the files", net::Retry::always)
          .body);
}

std::optional<wire::CommitAnswer> HubContent::commit(std::string_view revision, net::Body lines,
                                                     bool as_pull_request) {
  net::Request request;
  request.method = "POST";
  request.url = hub_url() + route("commit", revision) + (as_pull_request ? "?create_pr=1" : "");
  request.headers.push_back({"Content-Type", "application/x-ndjson", false});
  request.body = std::move(lines);
  request.stall_limit_ms = kCommitStallLimitMs;
  const net::Response response = hub_.send(std::move(request), AuthStyle::bearer);
  if (response.status == 412) return std::nullopt;
  require_ok(response, fmt::format("commit to {}", printable(repo_.path())));
  return wire::parse_commit_answer(response.body);
}

void HubContent::make_branch(std::string_view name) {
  const net::Response response = api_.try_json(
      "POST", route("branch", name), to_json(wire::MakeBranchRequest{}), net::Retry::idempotent);
  if (response.status == 409) return;
  require_ok(response, fmt::format("make the branch {}", printable(name)));
}

}  // namespace mhub::remote
