#include <algorithm>

#include <mhub/base/fault.hpp>
#include <mhub/remote/git_transport.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/pointers.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/exchange.hpp>

#include "drop.hpp"
#include "hub_link.hpp"
#include "hugging_face_rules.hpp"
#include "stopwatch.hpp"
#include "upload.hpp"

namespace mhub::sync {

namespace {

std::string pick_remote(repo::Repository& repository, const PushOptions& options) {
  if (!options.remote.empty()) return options.remote;
  const std::string branch = repository.head().branch;
  repo::Config& config = repository.config();
  if (!branch.empty()) {
    if (auto name = config.get("branch." + branch + ".pushremote")) return *name;
  }
  if (auto name = config.get("remote.pushdefault")) return *name;
  const auto remotes = data_remotes(repository, {});
  if (remotes.empty()) {
    throw Error(ErrorKind::config, "this repository has no remote")
        .hint("add one: mhub remote add origin URL");
  }
  return remotes.front();
}

/// The full name on the hub of what a refspec calls `name`, when it stands for `local_ref`.
std::string remote_name(std::string_view name, std::string_view local_ref) {
  if (name.starts_with("refs/")) return std::string(name);
  const bool is_tag = local_ref.starts_with("refs/tags/");
  return fmt::format("refs/{}/{}", is_tag ? "tags" : "heads", name);
}

class Pusher {
public:
  Pusher(Workspace& workspace, const Connections& connections, const PushOptions& options,
         const Tools& tools)
      : workspace_(workspace),
        repository_(workspace.repository()),
        connections_(connections),
        options_(options),
        tools_(tools),
        link_(repository_, connections, pick_remote(repository_, options), true, tools) {}

  PushReport run() {
    const Stopwatch watch;
    report_.remote = link_.name().empty() ? link_.key() : link_.name();
    const remote::RemoteRefs on_hub =
        remote::list_remote_refs(link_.hub(), link_.address().url, true);
    collect_refs();
    apply_leases();
    if (wanted_.size() == 1) link_.lfs().set_ref(wanted_.front().remote_ref);
    keep_hugging_face_rules(on_hub);
    if (options_.dry_run) {
      report_dry_run(on_hub);
      return std::move(report_);
    }
    set_hopeless_aside(on_hub);
    send_data(on_hub);
    fault_point("push.data_sent");
    send_refs();
    report_.freed_bytes = drop_second_copies(workspace_, connections_, tools_).freed_bytes;
    report_.transfer.seconds = watch.seconds();
    return std::move(report_);
  }

private:
  void collect_refs() {
    if (options_.refspecs.empty() && !options_.tags) add_current_branch();
    for (const std::string& refspec : options_.refspecs) add_refspec(refspec);
    if (options_.tags) {
      for (const repo::Ref& ref : repo::list_refs(repository_, "refs/tags/"))
        add(ref.name, ref.target, ref.name, false);
    }
  }

  void add_current_branch() {
    const repo::HeadState head = repository_.head();
    if (head.is_detached()) {
      throw Error(ErrorKind::usage, "HEAD is detached; there is no branch to push")
          .hint("say where it goes: mhub push REMOTE HEAD:BRANCH");
    }
    if (head.is_unborn())
      throw Error(ErrorKind::usage, "branch {} has no commit yet", printable(head.branch));
    const std::string local = "refs/heads/" + head.branch;
    const auto upstream = repo::upstream_of(repository_, head.branch);
    const bool same_remote = upstream && upstream->remote == link_.name();
    add(local, *head.commit, same_remote ? upstream->merge : local, false);
  }

  void add_refspec(const std::string& text) {
    const repo::Refspec refspec = repo::Refspec::parse(text);
    if (options_.remove || refspec.source.empty()) {
      const std::string& name = options_.remove ? refspec.source : refspec.destination;
      const auto local = repo::expand_ref_name(repository_, name);
      add("", {}, remote_name(name, local.value_or("")), refspec.force);
      return;
    }
    std::string local = refspec.source == "HEAD" && !repository_.head().branch.empty()
                            ? "refs/heads/" + repository_.head().branch
                            : repo::expand_ref_name(repository_, refspec.source).value_or("");
    repo::ObjectId id;
    if (local.empty()) {
      const auto found = repo::find_revision(repository_, refspec.source);
      if (!found)
        throw Error(ErrorKind::not_found, "{} names nothing here", printable(refspec.source));
      if (refspec.destination.empty()) {
        throw Error(ErrorKind::usage, "{} is no branch or tag", printable(refspec.source))
            .hint("say where it goes: mhub push REMOTE " + refspec.source + ":BRANCH");
      }
      id = *found;
    } else {
      id = repo::find_ref(repository_, local)->target;
    }
    const std::string target =
        refspec.destination.empty() ? local : remote_name(refspec.destination, local);
    add(local, id, target, refspec.force);
  }

  void add(const std::string& local, const repo::ObjectId& id, const std::string& remote_ref,
           bool force) {
    remote::RefPush ref;
    ref.source_id = id.is_zero() ? "" : id.hex();
    ref.remote_ref = remote_ref;
    ref.force = force || options_.force;
    wanted_.push_back(ref);
    locals_.push_back(local);
  }

  /// Where this repository keeps what it last saw of a ref of the hub; empty if nowhere.
  std::string tracking_ref(const std::string& remote_ref) {
    const auto remote = repo::find_remote(repository_, link_.name());
    if (!remote) return {};
    for (const repo::Refspec& refspec : remote->fetch) {
      if (const auto mapped = refspec.map(remote_ref)) return *mapped;
    }
    return {};
  }

  void apply_leases() {
    for (remote::RefPush& ref : wanted_) {
      const auto lease = options_.lease.find(ref.remote_ref);
      if (lease != options_.lease.end()) {
        ref.expected_id = lease->second;
      } else if (options_.force_with_lease) {
        const std::string tracking = tracking_ref(ref.remote_ref);
        const auto seen = tracking.empty() ? std::nullopt : repo::find_ref(repository_, tracking);
        ref.expected_id = seen ? seen->target.hex() : "";
      }
    }
  }

  /// Refs that the hub is sure to refuse are not sent: their data does not travel, and should the
  /// hub change its mind meanwhile, a ref would move without it.
  void set_hopeless_aside(const remote::RemoteRefs& on_hub) {
    std::vector<remote::RefPush> wanted;
    std::vector<std::string> locals;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (!is_hopeless(wanted_[i], on_hub)) {
        wanted.push_back(std::move(wanted_[i]));
        locals.push_back(std::move(locals_[i]));
        continue;
      }
      const remote::RemoteRef* there = on_hub.find(wanted_[i].remote_ref);
      PushedRef ref;
      ref.local = locals_[i];
      ref.remote = wanted_[i].remote_ref;
      ref.old_id = there == nullptr ? "" : there->id;
      ref.new_id = wanted_[i].source_id;
      ref.reason = refusal(wanted_[i], there);
      report_.refs.push_back(std::move(ref));
    }
    wanted_ = std::move(wanted);
    locals_ = std::move(locals);
  }

  /// In git's words.
  std::string refusal(const remote::RefPush& ref, const remote::RemoteRef* there) {
    if (ref.expected_id) return "stale info";
    if (ref.remote_ref.starts_with("refs/tags/")) return "already exists";
    const auto theirs = repo::ObjectId::parse(there->id);
    return theirs && repo::find_commit(repository_, *theirs) ? "non-fast-forward" : "fetch first";
  }

  bool is_hopeless(const remote::RefPush& ref, const remote::RemoteRefs& on_hub) {
    const remote::RemoteRef* there = on_hub.find(ref.remote_ref);
    if (ref.expected_id) return *ref.expected_id != (there == nullptr ? "" : there->id);
    if (ref.source_id.empty() || ref.force || there == nullptr || there->id == ref.source_id)
      return false;
    if (ref.remote_ref.starts_with("refs/tags/")) return true;
    const auto theirs = repo::ObjectId::parse(there->id);
    const auto ours = repo::ObjectId::parse(ref.source_id);
    if (!theirs || !ours || !repo::find_commit(repository_, *theirs)) return true;
    return !repo::is_ancestor(repository_, *theirs, *ours);
  }

  void keep_hugging_face_rules(const remote::RemoteRefs& on_hub) {
    if (link_.hugging_face() == nullptr) return;
    check_refs_for_hugging_face(wanted_, on_hub);
    std::vector<repo::ObjectId> tips;
    for (remote::RefPush& ref : wanted_) {
      take_first_commits_place(ref, on_hub);
      const auto id = repo::ObjectId::parse(ref.source_id);
      if (id && !is_hopeless(ref, on_hub)) tips.push_back(*id);
    }
    repo::RangeFiles found =
        repo::files_in_range(repository_, tips, ids_of(on_hub), kHuggingFaceBlobBytes, tools_.stop);
    check_files_for_hugging_face(std::move(found.large_blobs));
    pointers_ = std::move(found.pointers);
  }

  /// A history that was begun here has no way on from the commit with which the Hub begins each
  /// repository. Where that holds nothing to be lost, it gives way.
  void take_first_commits_place(remote::RefPush& ref, const remote::RemoteRefs& on_hub) {
    const remote::RemoteRef* there = on_hub.find(ref.remote_ref);
    const auto ours = repo::ObjectId::parse(ref.source_id);
    if (there == nullptr || !ours || ref.force || ref.expected_id) return;
    if (!ref.remote_ref.starts_with("refs/heads/") || !is_hopeless(ref, on_hub)) return;
    if (!may_replace_first_commit(repository_, link_, there->id, *ours)) return;
    ref.expected_id = there->id;
    tools_.progress.note(
        "the hub's first commit, which holds only its .gitattributes, gives way to this history");
  }

  static std::vector<repo::ObjectId> ids_of(const remote::RemoteRefs& on_hub) {
    std::vector<repo::ObjectId> ids;
    for (const remote::RemoteRef& ref : on_hub.refs) {
      if (const auto id = repo::ObjectId::parse(ref.id)) ids.push_back(*id);
    }
    return ids;
  }

  void find_pointers(const remote::RemoteRefs& on_hub) {
    std::vector<repo::ObjectId> tips;
    for (const remote::RefPush& ref : wanted_) {
      if (const auto id = repo::ObjectId::parse(ref.source_id)) tips.push_back(*id);
    }
    pointers_ = repo::pointers_in_range(repository_, tips, ids_of(on_hub), tools_.stop);
  }

  void send_data(const remote::RemoteRefs& on_hub) {
    if (!pointers_) find_pointers(on_hub);
    const UploadTotals sent = upload_files(workspace_, connections_, link_, *pointers_, tools_);
    report_.transfer.sent_bytes += sent.sent_bytes;
    report_.transfer.files = sent.files;
    report_.transfer.logical_bytes = sent.logical_bytes;
    report_.new_raw_bytes = sent.new_raw_bytes;
    report_.known_raw_bytes = sent.known_raw_bytes;
  }

  void send_refs() {
    if (wanted_.empty()) return;
    const remote::GitPushResult result =
        remote::push_refs(link_.hub(), repository_.git_folder(), link_.address().url, wanted_);
    report_.transfer.sent_bytes += result.sent_bytes;
    for (std::size_t i = 0; i < result.refs.size(); ++i) {
      const remote::RefPushResult& pushed = result.refs[i];
      using Outcome = remote::RefPushResult::Outcome;
      PushedRef ref;
      ref.local = locals_[i];
      ref.remote = pushed.remote_ref;
      ref.old_id = pushed.old_id;
      ref.new_id = pushed.new_id;
      ref.forced = pushed.forced;
      ref.up_to_date = pushed.outcome == Outcome::up_to_date;
      ref.accepted = pushed.outcome != Outcome::rejected;
      ref.reason = pushed.reason;
      report_.refs.push_back(ref);
      if (ref.accepted) follow(ref);
    }
  }

  /// Brings this repository's picture of the hub up to date.
  void follow(const PushedRef& ref) {
    const std::string tracking = tracking_ref(ref.remote);
    if (!tracking.empty()) {
      const auto id = repo::ObjectId::parse(ref.new_id);
      if (id)
        repo::update_ref(repository_, tracking, *id, repo::Expected::any(), "update by push");
      else
        repo::delete_ref(repository_, tracking, repo::Expected::any());
    }
    if (!options_.set_upstream || link_.name().empty() || !ref.local.starts_with("refs/heads/"))
      return;
    repo::set_upstream(repository_, repo::short_ref_name(ref.local), link_.name(), ref.remote);
  }

  void report_dry_run(const remote::RemoteRefs& on_hub) {
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const remote::RemoteRef* there = on_hub.find(wanted_[i].remote_ref);
      PushedRef ref;
      ref.local = locals_[i];
      ref.remote = wanted_[i].remote_ref;
      ref.old_id = there == nullptr ? "" : there->id;
      ref.new_id = wanted_[i].source_id;
      ref.up_to_date = ref.old_id == ref.new_id;
      ref.accepted = !is_hopeless(wanted_[i], on_hub);
      if (!ref.accepted) ref.reason = refusal(wanted_[i], there);
      report_.refs.push_back(ref);
    }
  }

  Workspace& workspace_;
  repo::Repository& repository_;
  const Connections& connections_;
  const PushOptions& options_;
  const Tools& tools_;
  HubLink link_;
  std::vector<remote::RefPush> wanted_;
  std::vector<std::string> locals_;  ///< beside wanted_; empty where there is no local ref
  /// Of the new commits of all that is wanted and not hopeless, once these were walked.
  std::optional<std::vector<repo::FoundPointer>> pointers_;
  PushReport report_;
};

}  // namespace

bool PushReport::all_accepted() const {
  return std::all_of(refs.begin(), refs.end(), [](const PushedRef& ref) { return ref.accepted; });
}

PushReport push(Workspace& workspace, const Connections& connections, const PushOptions& options,
                const Tools& tools) {
  return Pusher(workspace, connections, options, tools).run();
}

}  // namespace mhub::sync
