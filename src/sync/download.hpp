#pragma once
// Fetching large files from one remote into place.

#include <functional>
#include <span>
#include <vector>

#include "hub_link.hpp"
#include "materialise.hpp"
#include "working_source.hpp"

namespace mhub::sync {

/// What one download run did.
struct DownloadTotals {
  std::uint64_t received_bytes = 0;
  std::uint64_t reused_bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t logical_bytes = 0;
};

/// Called on the caller's thread for each file that stands in its place.
using OnPlaced = std::function<void(const LargeTarget& target, const FileStat& stat)>;

class Downloader {
public:
  /// `partial_folder` takes files on their way.
  Downloader(Workspace& workspace, HubLink& link, WorkingSource& working,
             std::filesystem::path partial_folder, const Tools& tools);
  ~Downloader();

  /// Fetches what the remote has; returns the targets that it does not have. Several files and
  /// several ranges of a file move at once. Throws Error: network, denied, corrupt, io,
  /// interrupted; what is complete by then is in place, the rest goes on from where it was next
  /// time.
  std::vector<LargeTarget> fetch(std::span<const LargeTarget> targets, const OnPlaced& on_placed,
                                 DownloadTotals& totals);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mhub::sync
