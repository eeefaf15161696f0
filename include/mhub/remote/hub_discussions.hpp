#pragma once
// Discussions and pull requests of a hub's repository. Errors as HubApi says.

#include <string>
#include <string_view>
#include <vector>

#include <mhub/remote/hub_api.hpp>
#include <mhub/wire/hub_discussions_client.hpp>

namespace mhub::remote {

/// Which discussions a list holds; empty means all.
struct DiscussionQuery {
  std::string kind = {};    ///< "discussion" or "pull_request"
  std::string status = {};  ///< "open" or "closed"
  std::string author = {};
  std::size_t limit = 1000;
};

/// Newest first, as the hub orders them.
std::vector<wire::DiscussionSummary> list_discussions(HubApi& api, const wire::RepoName& repo,
                                                      const DiscussionQuery& query);

/// With `diff` also what a pull request changes. Throws Error: not_found.
wire::DiscussionDetails find_discussion(HubApi& api, const wire::RepoName& repo,
                                        std::int64_t number, bool diff);

wire::NewDiscussionAnswer create_discussion(HubApi& api, const wire::RepoName& repo,
                                            const wire::NewDiscussionRequest& request);

void comment_on_discussion(HubApi& api, const wire::RepoName& repo, std::int64_t number,
                           std::string_view text);

/// Closes it or opens it again.
void change_discussion_status(HubApi& api, const wire::RepoName& repo, std::int64_t number,
                              const wire::DiscussionStatusRequest& request);

/// Throws Error: conflict if the changes do not go together with what the branch has become.
void merge_pull_request(HubApi& api, const wire::RepoName& repo, std::int64_t number,
                        std::string_view comment);

}  // namespace mhub::remote
