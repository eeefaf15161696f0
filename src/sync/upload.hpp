#pragma once
// Sending large files to one remote: chunk by chunk where the hub can, whole where it cannot.

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <mhub/repo/pointers.hpp>
#include <mhub/store/store.hpp>

#include "hub_link.hpp"

namespace mhub::sync {

struct UploadTotals {
  std::uint64_t sent_bytes = 0;
  std::uint64_t files = 0;  ///< sent or registered; those the hub had are not counted
  std::uint64_t logical_bytes = 0;
  std::uint64_t new_raw_bytes = 0;
  std::uint64_t known_raw_bytes = 0;
};

/// Where the bytes of an upload are. One thread.
class UploadSite {
public:
  virtual ~UploadSite() = default;
  /// Has the recipes of files, or gets them when a file has to be cut into chunks.
  virtual store::Store& store() = 0;
  /// A file that holds just these bytes, as far as its name or its stat tells.
  virtual std::optional<std::filesystem::path> object_copy(const repo::FoundPointer& found) = 0;
  /// A file that should hold them.
  virtual std::optional<std::filesystem::path> shown(const repo::FoundPointer& found) = 0;
  /// A folder for files that are made only to be sent.
  virtual std::filesystem::path scratch_folder() = 0;
  /// Where chunks come from that are neither in the store nor in a file; may be null.
  virtual std::unique_ptr<store::ChunkSource> elsewhere() = 0;
};

/// Makes the remote hold every one of `pointers`. When it returns, the hub has said that all is
/// durable. What was sent before a failure is remembered and not sent again. Throws Error:
/// not_found (bytes nowhere to be had), denied, network, corrupt, io, interrupted.
UploadTotals upload_files(Workspace& workspace, const Connections& connections, HubLink& link,
                          std::span<const repo::FoundPointer> pointers, const Tools& tools);
/// As above, from a place that is no repository. `pointers` are of distinct contents; the phase of
/// the progress is the caller's.
UploadTotals upload_files(UploadSite& site, HubLink& link,
                          std::span<const repo::FoundPointer> pointers, const Tools& tools);

}  // namespace mhub::sync
