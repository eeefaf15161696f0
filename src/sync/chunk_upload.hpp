#pragma once
// Sending files by chunks: asks the hub which it has, packs and sends the others as xorbs, and
// registers the files by their recipes.

#include <cstdint>
#include <memory>
#include <vector>

#include "plan.hpp"
#include "upload.hpp"
#include "upload_progress.hpp"
#include "working_source.hpp"

namespace mhub::sync {

/// Remembers what the remote has from one send() to the next. One thread.
class ChunkUploader {
public:
  /// All must outlive this.
  ChunkUploader(UploadSite& site, WorkingSource& working, HubLink& link, const Tools& tools);
  ~ChunkUploader();

  /// Makes the remote hold `files`, whose recipes are in the site's store. A hub that refuses the
  /// recipes, since it lost what the index says of it, gets all chunks anew. `takes_announcements`
  /// as the hub's upload action says. Throws Error: not_found (a chunk is nowhere to be had),
  /// denied, network, usage (refused as wrong), corrupt, io, interrupted.
  void send(remote::CasClient& cas, const std::vector<UploadFile>& files, bool takes_announcements,
            UploadProgress& progress);

  /// Of all files sent so far: bytes of chunks that the remote had not, and of those it had.
  std::uint64_t new_raw_bytes() const;
  std::uint64_t known_raw_bytes() const;

private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace mhub::sync
