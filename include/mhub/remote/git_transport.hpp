#pragma once
// Commits and refs to and from a hub: git's smart HTTP protocol, spoken by libgit2 over our own
// HTTP client.
//
// Object names are 40 lower-case hexadecimal digits. Functions open the repository by its folder
// for themselves, so a repo::Repository that is open on it has to be refreshed afterwards. They may
// be called from any thread, one call at a time per repository, and report to the connection's
// Progress (phases, bytes of packs; what the hub says as notes) and obey its StopToken. All throw
// Error: denied (401, 403), not_found (no such repository), network, corrupt (the answer is not
// git's), interrupted, io; with the hub's own words in the message.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/remote/hub_connection.hpp>

namespace mhub::remote {

/// A ref as the hub advertises it, by its full name or "HEAD".
struct RemoteRef {
  std::string name = {};
  std::string id = {};
  std::string peeled_id = {};        ///< what an annotated tag leads to, else empty
  std::string symbolic_target = {};  ///< full name, else empty
};

/// What a hub said when it was asked for its refs; see GitFetch::advertised.
struct GitAdvertisement;

struct RemoteRefs {
  std::vector<RemoteRef> refs =
      {};  ///< in the hub's order; names that git would refuse are left out
  std::shared_ptr<const GitAdvertisement> advertisement = {};  ///< as it came
  /// nullptr if there is none.
  const RemoteRef* find(std::string_view name) const;
  /// What HEAD points at, such as "refs/heads/main": as the hub says, or, for a hub that doesn't, a
  /// branch with HEAD's commit ("main" and "master" first). Empty if there is no branch.
  std::string default_branch() const;
};

/// What the hub has; an empty repository has no refs. `for_push` asks with the right to write,
/// which some hubs hide refs from.
RemoteRefs list_remote_refs(HubConnection& hub, const std::string& url, bool for_push = false);

/// Which tags a fetch brings besides what its refspecs say.
enum class FetchTags {
  none,
  following,  ///< new tags on commits that are here or come along; existing tags stay
  all,
};

struct GitFetch {
  std::string url = {};
  /// "[+]source[:destination]", with "*" on both sides for patterns. A source without "refs/" is
  /// looked up as git does (tag, branch). Without a destination the objects come and no ref moves.
  std::vector<std::string> refspecs = {};
  FetchTags tags = FetchTags::following;
  bool prune = false;  ///< delete destinations of patterns whose source is gone
  std::string reflog_message = "fetch";
  /// Set to what list_remote_refs() just had from the same URL, it saves asking again.
  std::shared_ptr<const GitAdvertisement> advertised = {};
};

/// What became of one local ref.
struct FetchedRef {
  enum class Outcome { unchanged, created, fast_forward, forced, pruned, rejected, objects_only };
  std::string remote_ref = {};
  std::string local_ref = {};  ///< empty if objects_only
  std::string old_id = {};     ///< empty if it was not there
  std::string new_id = {};     ///< empty if pruned
  Outcome outcome = Outcome::unchanged;
  std::string reason = {};  ///< of a rejection, as git words it
};

struct GitFetchResult {
  RemoteRefs remote = {};
  std::vector<FetchedRef> refs = {};
  std::uint64_t received_bytes = 0;  ///< of packs
  std::uint64_t objects = 0;
};

/// Brings the objects that the refspecs need and moves the local refs, each under its lock and only
/// if it is still what it was; objects first. Throws also Error: not_found (a source without "*"
/// that the hub has not), usage (a malformed refspec).
GitFetchResult fetch_refs(HubConnection& hub, const std::filesystem::path& git_folder,
                          const GitFetch& what);

/// One ref to be changed on the hub.
struct RefPush {
  std::string source_id = {};   ///< object to point at; empty deletes
  std::string remote_ref = {};  ///< full name
  bool force = false;           ///< also if it is no fast-forward (for tags: if it exists)
  /// Lease: what the ref must be on the hub, "" for absent. Stands in for force.
  std::optional<std::string> expected_id = {};
};

struct RefPushResult {
  enum class Outcome { accepted, up_to_date, rejected };
  std::string remote_ref = {};
  std::string old_id = {};  ///< as advertised; empty if it was not there
  std::string new_id = {};  ///< empty for a deletion
  bool forced = false;
  Outcome outcome = Outcome::rejected;
  std::string reason = {};  ///< of a rejection: "fetch first", "non-fast-forward", "already
                            ///< exists", "stale info", "remote ref does not exist", or the hub's
};

struct GitPushResult {
  std::vector<RefPushResult> refs = {};  ///< as asked, in order
  std::uint64_t sent_bytes = 0;          ///< of the pack
};

/// Sends the objects that the hub lacks and asks it to change the refs, each by itself. What a ref
/// is on the hub is compared with the lease and handed to the hub as the expected value, so a
/// change in between is rejected there. Throws also Error: not_found (a source that is not here),
/// usage (a bad ref name).
GitPushResult push_refs(HubConnection& hub, const std::filesystem::path& git_folder,
                        const std::string& url, const std::vector<RefPush>& what);

}  // namespace mhub::remote
