#include <mhub/base/error.hpp>
#include <mhub/remote/hub_discussions.hpp>

namespace mhub::remote {
namespace {

/// A hub that counts wrongly must not keep us for ever.
constexpr std::size_t kMaxPages = 10000;

std::string path_of(const wire::RepoName& repo) {
  return repo.api_path() + "/discussions";
}

std::string path_of(const wire::RepoName& repo, std::int64_t number) {
  return fmt::format("{}/{}", path_of(repo), number);
}

}  // namespace

std::vector<wire::DiscussionSummary> list_discussions(HubApi& api, const wire::RepoName& repo,
                                                      const DiscussionQuery& query) {
  std::vector<wire::DiscussionSummary> all;
  std::vector<std::pair<std::string_view, std::string_view>> filters;
  if (!query.kind.empty()) filters.emplace_back("type", query.kind);
  if (!query.status.empty()) filters.emplace_back("status", query.status);
  if (!query.author.empty()) filters.emplace_back("author", query.author);
  for (std::size_t number = 0; number < kMaxPages; ++number) {
    const std::string text = std::to_string(number);
    auto parameters = filters;
    parameters.emplace_back("p", text);
    wire::DiscussionPage page = wire::parse_discussion_page(
        api.get(path_of(repo) + "?" + net::build_query(parameters), "list discussions").body);
    if (page.entries.empty()) break;
    const std::uint64_t seen = page.start + page.entries.size();
    for (wire::DiscussionSummary& entry : page.entries) {
      if (all.size() == query.limit) return all;
      all.push_back(std::move(entry));
    }
    if (seen >= page.count) break;
  }
  return all;
}

wire::DiscussionDetails find_discussion(HubApi& api, const wire::RepoName& repo,
                                        std::int64_t number, bool diff) {
  const std::string path = path_of(repo, number) + (diff ? "?diff=1" : "");
  return wire::parse_discussion_details(
      api.get(path, fmt::format("show discussion {} of {}", number, repo.path())).body);
}

wire::NewDiscussionAnswer create_discussion(HubApi& api, const wire::RepoName& repo,
                                            const wire::NewDiscussionRequest& request) {
  return wire::parse_new_discussion_answer(
      api.send_json("POST", path_of(repo), to_json(request),
                    fmt::format("begin a discussion of {}", repo.path()))
          .body);
}

void comment_on_discussion(HubApi& api, const wire::RepoName& repo, std::int64_t number,
                           std::string_view text) {
  api.send_json("POST", path_of(repo, number) + "/comment", wire::discussion_comment_json(text),
                fmt::format("comment on discussion {} of {}", number, repo.path()));
}

void change_discussion_status(HubApi& api, const wire::RepoName& repo, std::int64_t number,
                              const wire::DiscussionStatusRequest& request) {
  api.send_json("POST", path_of(repo, number) + "/status", to_json(request),
                fmt::format("{} discussion {} of {}", request.is_open ? "reopen" : "close", number,
                            repo.path()));
}

void merge_pull_request(HubApi& api, const wire::RepoName& repo, std::int64_t number,
                        std::string_view comment) {
  api.send_json("POST", path_of(repo, number) + "/merge", wire::discussion_merge_json(comment),
                fmt::format("merge pull request {} of {}", number, repo.path()));
}

}  // namespace mhub::remote
