#pragma once
// Sending large files to one remote: chunk by chunk where the hub can, whole where it cannot.

#include <span>
#include <vector>

#include <mhub/repo/pointers.hpp>

#include "hub_link.hpp"

namespace mhub::sync {

struct UploadTotals {
  std::uint64_t sent_bytes = 0;
  std::uint64_t files = 0;  ///< sent or registered; those the hub had are not counted
  std::uint64_t logical_bytes = 0;
  std::uint64_t new_raw_bytes = 0;
  std::uint64_t known_raw_bytes = 0;
};

/// Makes the remote hold every one of `pointers`. When it returns, the hub has said that all is
/// durable. What was sent before a failure is remembered and not sent again. Throws Error:
/// not_found (bytes nowhere to be had), denied, network, corrupt, io, interrupted.
UploadTotals upload_files(Workspace& workspace, const Connections& connections, HubLink& link,
                          std::span<const repo::FoundPointer> pointers, const Tools& tools);

}  // namespace mhub::sync
