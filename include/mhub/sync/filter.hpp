#pragma once
// mhub as git's filter for large files: plain git adds and checks them out through it.

#include <functional>
#include <string>

#include <mhub/base/error.hpp>
#include <mhub/sync/workspace.hpp>

namespace mhub::sync {

struct FilterOptions {
  bool no_data = false;  ///< checked out files stay pointers
  /// Told why a file (or no file in particular: "") could not be had; git only learns that.
  std::function<void(const std::string& path, const Error& why)> on_failed;
};

/// Speaks git's filter protocol on two descriptors until git closes its end. What git adds is cut
/// into chunks and in the store, durably, before git gets the pointer; what it checks out comes
/// from the store, files of the work tree and the remotes, those that have to be fetched together.
/// Throws Error: corrupt if the other side does not speak the protocol, io.
void run_filter(Workspace& workspace, const Connections& connections, int in, int out,
                const FilterOptions& options, const Tools& tools);

}  // namespace mhub::sync
