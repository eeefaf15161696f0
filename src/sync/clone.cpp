#include <mhub/base/atomic_file.hpp>
#include <mhub/base/fault.hpp>
#include <mhub/remote/git_transport.hpp>
#include <mhub/remote/hub_repos.hpp>
#include <mhub/repo/index.hpp>
#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>
#include <mhub/sync/exchange.hpp>

#include "checkout_tree.hpp"
#include "hub_link.hpp"

namespace mhub::sync {

namespace {

namespace fs = std::filesystem;

/// Stands in the git folder while a clone is not complete, and holds the URL, so that the same
/// command goes on with it and no other does.
constexpr std::string_view kMarker = "mhub-clone";
constexpr std::uint64_t kMarkerLimitBytes = 16384;

enum class Folder { fresh, empty, unfinished };

Folder look_at(const fs::path& folder, const std::string& url) {
  FileSystem& disk = real_file_system();
  const auto stat = disk.stat(folder);
  if (!stat) return Folder::fresh;
  if (stat->is_folder()) {
    if (disk.list(folder).empty()) return Folder::empty;
    const fs::path marker = folder / ".git" / kMarker;
    if (disk.stat(marker) && as_text(read_file(disk, marker, kMarkerLimitBytes)) == url)
      return Folder::unfinished;
  }
  throw Error(ErrorKind::conflict, "{} exists already and is not an unfinished clone of {}",
              printable(folder.string()), url)
      .hint("name another folder: mhub clone URL FOLDER");
}

/// Hugging Face's oldest repositories go by a name alone. It leads to the full one, which is what a
/// remote should be called: git's and LFS' requests are not led on everywhere.
remote::RemoteAddress with_owner(remote::HubConnection& hub, remote::RemoteAddress address,
                                 const remote::HubDefaults& hubs) {
  if (!address.repo || !address.repo->owner.empty()) return address;
  remote::HubApi api(hub, address.hub_url);
  const std::string id = remote::repo_info(api, *address.repo).id;
  const auto full = wire::parse_repo_id(id, address.repo->type);
  if (!full)
    throw Error(ErrorKind::corrupt, "{} calls {} {}, which is no repository's name",
                address.hub_url, address.repo->path(), printable(id));
  auto found = remote::parse_remote(address.hub_url + "/" + full->path(), hubs);
  found.user = std::move(address.user);
  found.password = std::move(address.password);
  return found;
}

/// What HEAD is to be.
struct Start {
  std::string branch;  ///< short name; empty: detached at `commit`
  std::string commit;  ///< empty if the hub has no commit
};

Start find_start(const remote::RemoteRefs& refs, const std::string& wanted) {
  if (!wanted.empty()) {
    if (const auto* branch = refs.find("refs/heads/" + wanted)) return {wanted, branch->id};
    if (const auto* tag = refs.find("refs/tags/" + wanted))
      return {"", tag->peeled_id.empty() ? tag->id : tag->peeled_id};
    throw Error(ErrorKind::not_found, "the hub has no branch or tag {}", printable(wanted));
  }
  const std::string branch = refs.default_branch();
  if (branch.empty()) return {"main", ""};
  const auto* ref = refs.find(branch);
  return {repo::short_ref_name(branch), ref == nullptr ? "" : ref->id};
}

class Cloner {
public:
  Cloner(const Connections& connections, const CloneOptions& options, const Tools& tools)
      : connections_(connections), options_(options), tools_(tools) {}

  CloneReport run() {
    const remote::HubDefaults hubs{connections_.default_hub, connections_.hf_endpoint};
    remote::RemoteAddress address = remote::parse_remote(options_.source, hubs);
    if (address.is_local()) {
      throw Error(ErrorKind::usage, "{} is a folder of this machine, not a hub",
                  printable(options_.source))
          .hint("serve it with `mhub serve`, or use git for remotes on the same machine");
    }
    remote::HubConnection hub(connections_.http, connections_.credentials, tools_.stop,
                              tools_.progress);
    if (!address.user.empty() || !address.password.empty()) {
      connections_.credentials.add_from_url(net::require_url(address.url), address.user,
                                            address.password);
    }
    address = with_owner(hub, std::move(address), hubs);
    const fs::path folder = fs::absolute(
        options_.folder.empty() ? fs::path(remote::folder_name(address)) : options_.folder);
    const Folder found = look_at(folder, address.url);
    if (found == Folder::unfinished && real_file_system().stat(folder / ".git" / "index")) {
      // The index is written last: that clone is complete, and its files are the user's by now.
      real_file_system().remove(folder / ".git" / kMarker);
      const repo::HeadState head = repo::Repository::open(folder).head();
      return {folder, head.commit ? head.commit->hex() : "", head.branch, {}};
    }

    // A hub that refuses leaves no trace on this disk.
    const remote::RemoteRefs refs = remote::list_remote_refs(hub, address.url);
    const Start start = find_start(refs, options_.branch);

    Workspace workspace = open(folder, found, address.url, start);
    CloneReport report;
    report.folder = folder;
    report.branch = start.branch;
    report.head = start.commit;
    fetch_commits(workspace, hub, address.url, refs);
    // As git does, also for a branch that the first push will make.
    if (!start.branch.empty()) {
      repo::set_upstream(workspace.repository(), start.branch, options_.remote_name,
                         "refs/heads/" + start.branch);
    }
    fault_point("clone.commits_fetched");
    if (!start.commit.empty()) check_out(workspace, start, found == Folder::unfinished, report);
    real_file_system().remove(workspace.repository().git_folder() / kMarker);
    return report;
  }

private:
  Workspace open(const fs::path& folder, Folder found, const std::string& url, const Start& start) {
    FileSystem& disk = real_file_system();
    if (found == Folder::unfinished)
      return Workspace::open(folder, options_.store_folder, tools_.jobs);
    repo::InitOptions init;
    init.initial_branch = start.branch.empty() ? "main" : start.branch;
    auto repository = std::make_unique<repo::Repository>(repo::Repository::init(folder, init));
    write_file_atomically(disk, repository->git_folder() / kMarker, as_bytes(url));
    return Workspace(std::move(repository), options_.store_folder, tools_.jobs);
  }

  void fetch_commits(Workspace& workspace, remote::HubConnection& hub, const std::string& url,
                     const remote::RemoteRefs& refs) {
    repo::Repository& repository = workspace.repository();
    const std::string& name = options_.remote_name;
    if (!repo::find_remote(repository, name)) repo::add_remote(repository, name, url);
    remote::GitFetch what;
    what.url = url;
    const auto remote = repo::find_remote(repository, name);
    for (const repo::Refspec& refspec : remote->fetch) what.refspecs.push_back(refspec.text());
    what.tags = remote::FetchTags::all;
    what.reflog_message = "clone: from " + url;
    what.advertised = refs.advertisement;
    const remote::GitFetchResult result = remote::fetch_refs(hub, repository.git_folder(), what);
    repository.refresh();
    const std::string head = result.remote.default_branch();
    if (!head.empty()) {
      repo::set_symbolic_ref(repository, "refs/remotes/" + name + "/HEAD",
                             "refs/remotes/" + name + "/" + repo::short_ref_name(head),
                             what.reflog_message);
    }
  }

  void check_out(Workspace& workspace, const Start& start, bool resumed, CloneReport& report) {
    repo::Repository& repository = workspace.repository();
    const repo::ObjectId commit = repo::require_commit(repository, start.commit);
    const std::string message =
        "clone: from " + repo::find_remote(repository, options_.remote_name)->url;
    if (start.branch.empty()) {
      repository.set_head_detached(commit, message);
    } else {
      repo::update_ref(repository, "refs/heads/" + start.branch, commit, repo::Expected::any(),
                       message);
      repository.set_head_to_branch(start.branch, message);
    }
    repo::Index index = repo::Index::lock(repository);
    CheckoutOptions checkout = options_.checkout;
    // What lies there comes from the clone that did not end.
    checkout.force = resumed;
    checkout_tree(workspace, connections_, options_.remote_name, std::nullopt,
                  *repo::peel_to_tree(repository, commit), checkout, index, report.checkout,
                  tools_);
    index.write();
  }

  const Connections& connections_;
  const CloneOptions& options_;
  const Tools& tools_;
};

}  // namespace

CloneReport clone(const Connections& connections, const CloneOptions& options, const Tools& tools) {
  return Cloner(connections, options, tools).run();
}

}  // namespace mhub::sync
