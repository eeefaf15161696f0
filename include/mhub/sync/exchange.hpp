#pragma once
// Moving commits and data between this repository and a hub. Content first, refs last.

#include <map>

#include <mhub/sync/checkout.hpp>

namespace mhub::sync {

struct CloneOptions {
  std::string source;            ///< what the user typed: URL, hf:ns/name, ns/name, path
  std::filesystem::path folder;  ///< empty: named after the repository
  std::string branch;            ///< empty: the hub's default
  std::string remote_name = "origin";
  CheckoutOptions checkout;
  std::optional<std::filesystem::path> store_folder;
};

struct CloneReport {
  std::filesystem::path folder;
  std::string head;  ///< commit id, empty for an empty repository
  std::string branch;
  CheckoutReport checkout;
};

/// Clones; run again after an interruption it goes on in the same folder. Throws Error: conflict
/// (the folder holds something else), denied, not_found, network, corrupt.
CloneReport clone(const Connections& connections, const CloneOptions& options, const Tools& tools);

struct RefChange {
  std::string name;    ///< full local name, such as refs/remotes/origin/main
  std::string old_id;  ///< empty: new
  std::string new_id;  ///< empty: deleted
  bool forced = false;
};

struct FetchOptions {
  std::string remote;                 ///< name or URL; empty: the upstream's, else origin
  std::vector<std::string> refspecs;  ///< empty: as configured
  bool prune = false;
  bool tags = true;
};
struct FetchReport {
  std::string remote;
  std::vector<RefChange> refs;
  struct Rejected {
    std::string ref;
    std::string reason;
  };
  std::vector<Rejected> rejected;  ///< no fast-forward, and no "+" in the refspec
  TransferTotals transfer;
};
FetchReport fetch(Workspace& workspace, const Connections& connections, const FetchOptions& options,
                  const Tools& tools);

struct PullOptions {
  std::string remote;
  std::string branch;  ///< empty: the upstream
  bool fast_forward_only = false;
  CheckoutOptions checkout;
};
struct PullReport {
  FetchReport fetch;
  enum class Outcome { up_to_date, fast_forward, merged, conflicts } outcome = Outcome::up_to_date;
  std::string head;
  std::vector<std::string> conflicts;
  CheckoutReport checkout;
};
/// Fetches and merges, then writes the data. Conflicts are an outcome: they stand in the index and
/// the work tree as git leaves them. Throws Error: conflict (local changes in the way, nothing
/// changed).
PullReport pull(Workspace& workspace, const Connections& connections, const PullOptions& options,
                const Tools& tools);

struct MergeOptions {
  std::string revision;
  std::string message;
  bool fast_forward_only = false;
  bool no_fast_forward = false;
  bool abort = false;
  CheckoutOptions checkout;
};
/// `mhub merge`; the report's fetch part stays empty.
PullReport merge(Workspace& workspace, const Connections& connections, const MergeOptions& options,
                 const Tools& tools);

struct PushOptions {
  std::string remote;                 ///< name or URL; empty: as git picks it
  std::vector<std::string> refspecs;  ///< "main", "main:other", ":gone", "+main"; empty: the branch
  bool force = false;
  std::map<std::string, std::string> lease;  ///< remote ref -> expected id ("" for: must not exist)
  bool force_with_lease = false;             ///< expected ids are the remote-tracking refs
  bool tags = false;
  bool remove = false;  ///< delete the named refs
  bool set_upstream = false;
  bool dry_run = false;
};
struct PushedRef {
  std::string local;   ///< empty for a deletion
  std::string remote;  ///< full name on the hub
  std::string old_id;
  std::string new_id;
  bool accepted = false;
  bool forced = false;
  bool up_to_date = false;
  std::string reason;  ///< of a refusal
};
struct PushReport {
  std::string remote;
  std::vector<PushedRef> refs;
  TransferTotals transfer;
  std::uint64_t new_raw_bytes = 0;    ///< of chunks that the hub did not have
  std::uint64_t known_raw_bytes = 0;  ///< of chunks that it had
  std::uint64_t freed_bytes =
      0;  ///< local copies dropped since hub and work tree have them (mhub.keep)
  bool all_accepted() const;
};
/// Sends the data of every large file that the commits need, then the commits, then the refs. A
/// refused ref is a result. Throws Error: not_found (a large file's bytes are nowhere to be had),
/// denied, network, corrupt.
PushReport push(Workspace& workspace, const Connections& connections, const PushOptions& options,
                const Tools& tools);

}  // namespace mhub::sync
