#pragma once
// Changing what the work tree shows: switch, restore, and the tail of clone, pull and merge. Large
// files are written from chunks; nothing that the user changed is overwritten unless told so.

#include <mhub/sync/hub.hpp>

namespace mhub::sync {

struct CheckoutOptions {
  PathFilter filter;
  bool no_data = false;  ///< leave pointers in place of large files
  bool force = false;    ///< overwrite local changes
};

struct CheckoutReport {
  std::uint64_t files_written = 0;
  std::uint64_t files_removed = 0;
  TransferTotals transfer;
  std::uint64_t reused_bytes = 0;  ///< of large files, taken from disk and not from the network
  std::vector<std::string>
      bytes_missing;  ///< large files that no remote has; also in pointers_left
  std::vector<std::string> pointers_left;  ///< large files not wanted or not to be had
};

struct SwitchOptions {
  std::string target;       ///< branch, tag or revision
  bool create = false;      ///< make the branch
  bool detach = false;      ///< allow a target that is no branch
  std::string start_point;  ///< for create; HEAD if empty
  CheckoutOptions checkout;
};

/// Moves HEAD, index and work tree. A remote-tracking branch of the same name is used when there is
/// no local one. Throws Error: conflict (local changes in the way, listed), not_found.
CheckoutReport switch_to(Workspace& workspace, const Connections& connections,
                         const SwitchOptions& options, const Tools& tools);

struct RestoreOptions {
  std::vector<std::filesystem::path> paths;
  std::string source;    ///< revision; empty: the index (HEAD with staged)
  bool staged = false;   ///< restore the index
  bool worktree = true;  ///< restore the work tree
  CheckoutOptions checkout;
};
CheckoutReport restore(Workspace& workspace, const Connections& connections,
                       const RestoreOptions& options, const Tools& tools);

/// Writes the bytes of every wanted large file that stands in the work tree as a pointer (`pull`
/// after `clone --no-data`). Throws as switch_to.
CheckoutReport materialise_all(Workspace& workspace, const Connections& connections,
                               std::string_view remote, const CheckoutOptions& options,
                               const Tools& tools);

}  // namespace mhub::sync
