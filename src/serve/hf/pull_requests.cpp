#include "hf/pull_requests.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <mhub/base/log.hpp>
#include <mhub/repo/merge.hpp>
#include <mhub/repo/patch.hpp>
#include <mhub/repo/refs.hpp>

#include "hf/files.hpp"
#include "hf/parameters.hpp"
#include "hf/write_target.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

constexpr std::string_view kPullRefs = "refs/pr/";
constexpr std::size_t kNumberDigits = 9;
/// Of one push; the others are in git.
constexpr std::size_t kCommitsTold = 100;
constexpr std::size_t kSubjectBytes = 500;
constexpr std::size_t kDiffBytes = 1 << 20;
constexpr std::size_t kConflictsNamed = 20;

std::int64_t next_number(Discussions& discussions, repo::Repository& git, std::int64_t repo) {
  std::int64_t last = discussions.last_number(repo);
  // A reference without a record is left of somebody who was stopped between the two.
  for (const repo::Ref& ref : repo::list_refs(git, kPullRefs)) {
    if (const auto number = pull_request_number(ref.name)) last = std::max(last, *number);
  }
  return last + 1;
}

repo::ObjectId require_head(repo::Repository& git, const Discussion& pull) {
  const auto head = commit_of_ref(git, pull_request_ref(pull.number));
  if (!head) throw Refused(409, "the pull request's commits are gone");
  return *head;
}

std::string conflicts_of(const repo::MergeResult& merge) {
  std::string names;
  for (std::size_t i = 0; i < std::min(merge.conflicts.size(), kConflictsNamed); ++i)
    names += (i == 0 ? "" : ", ") + printable(merge.conflicts[i].conflict.path);
  if (merge.conflicts.size() > kConflictsNamed)
    names += fmt::format(" and {} more", merge.conflicts.size() - kConflictsNamed);
  return names;
}

/// Two texts put together may read as a pointer that neither was.
void require_held(const Call& call, repo::Repository& git, const repo::ObjectId& before,
                  const repo::ObjectId& after) {
  for (const repo::TreeChange& change : repo::diff_trees(git, before, after)) {
    if (!repo::is_file(change.new_mode)) continue;
    const HubFile file = read_hub_file(git, {change.path, change.new_mode, change.new_id});
    if (file.pointer && !find_held(call, file))
      throw Refused(409, "the merge would need a large file that the hub does not hold: " +
                             printable(change.path));
  }
}

repo::ObjectId write_merge(const Call& call, repo::Repository& git, const Discussion& pull,
                           const repo::ObjectId& tip, const repo::ObjectId& head) {
  const std::string ref = pull_request_ref(pull.number);
  const auto merge =
      repo::merge_commits(git, tip, head, repo::short_ref_name(pull.target_ref), ref);
  if (!merge.is_clean())
    throw Refused(409, "the pull request conflicts with " + repo::short_ref_name(pull.target_ref) +
                           " in " + conflicts_of(merge));
  require_held(call, git, repo::read_commit(git, tip).tree, merge.tree);
  repo::NewCommit commit;
  commit.tree = merge.tree;
  commit.parents = {tip, head};
  commit.author = commit.committer = signature_of(call.who);
  commit.message = repo::clean_message("Merge " + ref + ": " + pull.title);
  return repo::write_commit(git, commit);
}

}  // namespace

std::string pull_request_ref(std::int64_t number) {
  return fmt::format("{}{}", kPullRefs, number);
}

std::optional<std::int64_t> pull_request_number(std::string_view ref) {
  if (!ref.starts_with(kPullRefs)) return std::nullopt;
  ref.remove_prefix(kPullRefs.size());
  if (ref.empty() || ref.size() > kNumberDigits || ref.front() == '0') return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(ref.data(), ref.data() + ref.size(), number);
  if (error != std::errc() || end != ref.data() + ref.size() || number <= 0) return std::nullopt;
  return number;
}

void tell_of_commits(Discussions& discussions, repo::Repository& git, const Discussion& pull,
                     std::optional<std::int64_t> who) {
  const auto head = commit_of_ref(git, pull_request_ref(pull.number));
  if (!head || head->hex() == pull.head) return;
  repo::LogOptions options;
  options.tips = {*head};
  for (const std::string& known : {pull.base, pull.head}) {
    const auto id = repo::ObjectId::parse(known);
    if (id && repo::find_commit(git, *id)) options.hidden.push_back(*id);
  }
  if (const auto target = commit_of_ref(git, pull.target_ref)) options.hidden.push_back(*target);
  options.order = repo::LogOrder::topological;
  options.limit = kCommitsTold;
  std::vector<PullRequestCommit> commits;
  repo::walk_log(git, options, [&](const repo::Commit& commit) {
    commits.push_back(
        {commit.id.hex(), std::string(wire::cut_text(commit.summary(), kSubjectBytes))});
    return true;
  });
  std::reverse(commits.begin(), commits.end());
  discussions.add_commits(pull, who, head->hex(), commits);
}

void try_to_tell_of_commits(Discussions& discussions, repo::Repository& git, const Discussion& pull,
                            std::optional<std::int64_t> who) {
  try {
    tell_of_commits(discussions, git, pull, who);
  } catch (const Error& error) {
    log_warning("the commits of {} are not told of yet: {}", pull_request_ref(pull.number),
                error.what());
  }
}

Discussion open_discussion(const Call& call, repo::Repository& git, Discussion discussion,
                           const std::string& text, const std::optional<repo::ObjectId>& head) {
  Discussions& discussions = *call.hub.discussions;
  discussion.repo = call.repo->id;
  discussion.author_id = call.who.user->id;
  discussion.author = call.who.user->name;
  discussion.number = next_number(discussions, git, discussion.repo);
  if (!head) {
    discussions.open(discussion, text);
    return discussion;
  }
  discussion.is_pull_request = true;
  discussion.head = discussion.base;
  const std::string ref = pull_request_ref(discussion.number);
  if (!repo::update_ref(git, ref, *head, repo::Expected::none(), "pull request over HTTP"))
    throw Error(ErrorKind::busy, "{} is being made by somebody else", ref);
  try {
    discussions.open(discussion, text);
  } catch (...) {
    repo::delete_ref(git, ref, repo::Expected::at(*head));
    throw;
  }
  try_to_tell_of_commits(discussions, git, discussion, discussion.author_id);
  return discussion;
}

std::optional<Discussion> find_open_pull_request(const Call& call, std::string_view revision) {
  const auto ref = branch_ref_of(revision);
  const auto number = ref ? pull_request_number(*ref) : std::nullopt;
  if (!number) return std::nullopt;
  auto pull = call.hub.discussions->find(call.repo->id, *number);
  if (!pull || !pull->is_pull_request) refuse_revision(*ref);
  if (pull->is_settled())
    throw Refused(409, fmt::format("the pull request is {}", wire::name_of(pull->status)));
  return pull;
}

void require_may_commit(const Call& call) {
  if (call.who.may_write(*call.repo)) return;
  if (call.who.may_discuss(*call.repo)) {
    if (flag(*call.request, "create_pr")) return require_content(call);
    const auto ref = branch_ref_of(revision_from(call.rest));
    const auto number = ref ? pull_request_number(*ref) : std::nullopt;
    const auto pull = number ? call.hub.discussions->find(call.repo->id, *number) : std::nullopt;
    if (pull && pull->is_pull_request && pull->author_id == call.who.user->id)
      return require_content(call);
  }
  require_write(call);
}

void require_may_push(const Call& call) {
  if (call.who.may_write(*call.repo)) return;
  if (call.who.may_discuss(*call.repo) &&
      call.hub.discussions->has_open_pull_request(call.repo->id, call.who.user->id))
    return require_content(call);
  require_write(call);
}

wire::PullRequestState describe_pull_request(repo::Repository& git, const Discussion& pull,
                                             bool with_diff, KnownConflicts& known) {
  wire::PullRequestState state;
  state.base = pull.target_ref;
  state.merge_commit = pull.merge_commit;
  const auto head = commit_of_ref(git, pull_request_ref(pull.number));
  if (!head) return state;
  std::optional<repo::ObjectId> base = repo::ObjectId::parse(pull.base);
  const auto tip = commit_of_ref(git, pull.target_ref);
  if (pull.status != wire::DiscussionStatus::merged && tip) {
    if (const auto common = repo::merge_base(git, *tip, *head)) base = common;
    if (repo::analyse_merge(git, *tip, *head) == repo::MergeAnalysis::normal) {
      state.conflicts = known.between(git, *tip, *head);
    }
  }
  if (!with_diff) return state;
  const auto tree_of = [&](const repo::ObjectId& commit) {
    return repo::read_commit(git, commit).tree;
  };
  const bool has_base = base && repo::find_commit(git, *base);
  repo::PatchText patch = repo::make_patch(
      git, has_base ? std::optional(tree_of(*base)) : std::nullopt, tree_of(*head), kDiffBytes);
  state.diff = std::move(patch.text);
  if (patch.files_left_out != 0) {
    // No line of a patch begins like this, so that programs pass over it.
    state.diff += fmt::format("The rest is too long to be shown; files left out: {}; see {}\n",
                              patch.files_left_out, pull_request_ref(pull.number));
  }
  return state;
}

Discussion merge_pull_request(const Call& call, repo::Repository& git, Discussion pull,
                              std::vector<RefChange>& changes) {
  retry_while_moved([&] {
    git.refresh();
    const auto head = require_head(git, pull);
    const auto tip = commit_of_ref(git, pull.target_ref);
    if (!tip) throw Refused(409, "the branch to merge into is gone");
    switch (repo::analyse_merge(git, *tip, head)) {
      case repo::MergeAnalysis::unrelated:
        throw Refused(409, "the pull request has no history in common with its target");
      case repo::MergeAnalysis::up_to_date:
        if (head.hex() == pull.base) throw Refused(409, "there is nothing to merge");
        // Somebody pushed it into the target, or was stopped after it was moved.
        pull.merge_commit = head.hex();
        return true;
      case repo::MergeAnalysis::fast_forward:
        pull.merge_commit = head.hex();
        break;
      case repo::MergeAnalysis::normal:
        pull.merge_commit = write_merge(call, git, pull, *tip, head).hex();
        break;
    }
    pull.base = repo::merge_base(git, *tip, head)->hex();
    const auto after = repo::ObjectId::parse(pull.merge_commit);
    if (!repo::update_ref(git, pull.target_ref, *after, repo::Expected::at(*tip),
                          "merge over HTTP"))
      return false;
    changes.push_back({pull.target_ref, tip, after});
    return true;
  });
  return pull;
}

}  // namespace mhub::serve
