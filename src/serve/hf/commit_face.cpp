// The body may be gigabytes of small files, so it is read line by line: each file becomes a git
// object as soon as its line is whole, and only the list of operations is kept. What the list makes
// of the branch is worked out when the last line is there, and again if the branch has moved.

#include "hf/commit_face.hpp"

#include <mutex>

#include <fmt/format.h>

#include "hf/changes.hpp"
#include "hf/commit_build.hpp"
#include "hf/parameters.hpp"
#include "hf/pull_requests.hpp"
#include "hub.hpp"

namespace mhub::serve {

namespace {

/// Bytes of a body that wait to be looked at.
constexpr std::size_t kWindowBytes = 1 << 20;
constexpr std::string_view kBranchRefs = "refs/heads/";

std::string message_of(const wire::CommitHeader& header) {
  return repo::clean_message(header.summary + "\n\n" + header.description);
}

[[noreturn]] void refuse_size(const Hub& hub) {
  throw Refused(413, "the commit is larger than " + human_bytes(hub.options.limits.push_bytes) +
                         "; make several of it");
}

class CommitConsumer : public BodyConsumer {
public:
  explicit CommitConsumer(std::shared_ptr<Call> call)
      : call_(std::move(call)),
        revision_(revision_from(call_->rest)),
        is_pull_request_(flag(*call_->request, "create_pr")) {}

  /// Whether the commit was made or refused, its objects are there.
  ~CommitConsumer() override {
    if (build_) call_->hub.repacker.note(call_->repo->id, build_->operation_count());
  }

  void consume(ByteView bytes) override {
    received_ += bytes.size();
    if (received_ > call_->hub.options.limits.push_bytes) refuse_size(call_->hub);
    if (failure_) return;
    // An answer in the middle of a body reaches no client: what is wrong is kept for the end.
    try {
      start();
      take_bytes(as_text(bytes));
    } catch (...) {
      failure_ = std::current_exception();
      line_ = {};
    }
  }

  Response finish() override {
    if (failure_) std::rethrow_exception(failure_);
    start();
    take_line();
    build_->finish();
    {
      const std::lock_guard turn(call_->hub.branch_locks.of(call_->repo->id));
      // Since the body began somebody may have merged or closed what it is for.
      const auto pull = is_pull_request_ ? std::nullopt : find_open_pull_request(*call_, revision_);
      retry_while_moved([&] {
        repository_->refresh();
        return is_pull_request_ ? try_pull_request() : try_commit();
      });
      if (pull)
        try_to_tell_of_commits(*call_->hub.discussions, *repository_, *pull, call_->who.user->id);
    }
    refs_changed(*call_, *call_->repo, changes_);
    if (opened_) discussion_changed(*call_, *opened_, "create");
    answer_.commit_url =
        call_->url() + "/" + call_->repo->name.path() + "/commit/" + answer_.commit_oid;
    return json_response(200, wire::to_json(answer_));
  }

private:
  /// The first time: not on an event loop, which must not wait for a disk.
  void start() {
    if (repository_) return;
    repository_.emplace(repo::Repository::open(call_->hub.folder.repo(call_->repo->id)));
    build_.emplace(*call_, *repository_);
    require_tip();
  }

  void take_bytes(std::string_view rest) {
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      const std::string_view piece = rest.substr(0, end);
      if (piece.size() > wire::kCommitLineMaxBytes - line_.size())
        throw Refused(413,
                      "a file in the commit is too large for its line; send it as an LFS file");
      line_ += piece;
      if (end == std::string_view::npos) return;
      rest.remove_prefix(end + 1);
      take_line();
    }
  }

  void take_line() {
    if (line_.find_first_not_of(" \t\r") != std::string::npos) build_->add_line(line_);
    line_.clear();
    // One long line is no reason to keep that much for the short ones after it.
    if (line_.capacity() > kWindowBytes) line_.shrink_to_fit();
  }

  Tip require_tip() {
    auto tip = find_tip(*repository_, revision_);
    if (!tip) refuse_revision(revision_);
    if (is_pull_request_ && (!tip->commit || !tip->ref.starts_with(kBranchRefs)))
      refuse_revision(revision_);
    return std::move(*tip);
  }

  void require_parent(const Tip& tip) const {
    const std::string& parent = build_->header().parent_commit;
    if (parent.empty()) return;
    if (!tip.commit || !tip.commit->hex().starts_with(parent))
      throw Refused(412, "The branch was updated since you opened this page: it is at " +
                             (tip.commit ? tip.commit->hex() : "no commit") + ", not " + parent);
  }

  /// The commit that the operations make on `tip`: the tip's own if they change nothing.
  repo::ObjectId make_commit(const Tip& tip) {
    repo::NewCommit commit;
    commit.tree = build_->make_tree(tip);
    if (tip.commit && commit.tree == tree_of(*repository_, *call_, tip)) return *tip.commit;
    if (tip.commit) commit.parents.push_back(*tip.commit);
    commit.author = commit.committer = signature_of(call_->who);
    commit.message = message_of(build_->header());
    return repo::write_commit(*repository_, commit);
  }

  bool try_commit() {
    const Tip tip = require_tip();
    require_parent(tip);
    const auto commit = make_commit(tip);
    answer_.commit_oid = commit.hex();
    if (commit == tip.commit) return true;
    const auto expected = tip.commit ? repo::Expected::at(*tip.commit) : repo::Expected::none();
    if (!repo::update_ref(*repository_, tip.ref, commit, expected, "commit over HTTP"))
      return false;
    changes_.push_back({tip.ref, tip.commit, commit});
    return true;
  }

  bool try_pull_request() {
    Tip base = require_tip();
    const std::string& parent = build_->header().parent_commit;
    if (!parent.empty()) base.commit = commit_named(*repository_, parent);
    if (!base.commit) refuse_revision(parent);
    const auto commit = make_commit(base);
    Discussion pull;
    pull.title = wire::discussion_title_from(build_->header().summary);
    if (pull.title.empty()) pull.title = "Proposed changes";
    pull.target_ref = base.ref;
    pull.base = base.commit->hex();
    pull = open_discussion(
        *call_, *repository_, std::move(pull),
        std::string(wire::cut_text(build_->header().description, wire::kDiscussionTextMaxBytes)),
        commit);
    answer_.commit_oid = commit.hex();
    answer_.pull_request_url =
        fmt::format("{}/{}/discussions/{}", call_->url(), call_->repo->name.path(), pull.number);
    changes_.push_back({pull_request_ref(pull.number), std::nullopt, commit});
    opened_ = std::move(pull);
    return true;
  }

  std::shared_ptr<Call> call_;
  std::string revision_;
  bool is_pull_request_;
  std::optional<repo::Repository> repository_;
  std::optional<CommitBuild> build_;
  std::string line_;
  std::uint64_t received_ = 0;
  std::exception_ptr failure_;
  wire::CommitAnswer answer_;
  std::vector<RefChange> changes_;
  std::optional<Discussion> opened_;  ///< the pull request that the commit became
};

std::unique_ptr<BodySink> receive_commit(std::shared_ptr<Call> call) {
  Hub& hub = call->hub;
  const auto length = call->request->content_length();
  if (length && *length > hub.options.limits.push_bytes) refuse_size(hub);
  // Says what is wrong with the path before the body is sent.
  auto consumer =
      std::make_shared<std::unique_ptr<CommitConsumer>>(std::make_unique<CommitConsumer>(call));
  return gated(hub.commit_gate, call->holder(), [call, consumer, &hub](HeldPass pass) {
    call->held = std::move(pass);
    return sink_to_consumer(hub.worker_spawn(), hub.slow_spawn(), std::move(*consumer),
                            kWindowBytes);
  });
}

}  // namespace

std::vector<Route> commit_routes() {
  Route route;
  route.method = Method::post;
  route.pattern = "/api/{api_repo}/commit/*";
  route.access = Access::repo_commit;
  route.receive = receive_commit;
  return {route};
}

}  // namespace mhub::serve
