#pragma once
// Putting a file together from the chunks that a hub's reconstruction names: what is at hand from
// where it is, and the rest over the network, several ranges at once.

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <mhub/base/thread_pool.hpp>
#include <mhub/remote/cas_client.hpp>
#include <mhub/sync/workspace.hpp>

#include "partial_file.hpp"
#include "plan.hpp"

namespace mhub::sync {

/// What need not come over the network. Called by the thread that fetches.
struct LocalChunks {
  ChunkAtHand size_of;
  /// Writes `runs` into the file; the spans where that turned out not to be possible.
  std::function<std::vector<ByteSpan>(const std::vector<LocalRun>& runs)> copy;
};

/// Threads may share it; those that fetch must not be tasks of a pool of its own.
class ChunkFetcher {
public:
  /// `hub_name` is for messages. Ranges that have not started when `failed` is set are left out;
  /// a failure here sets it. All references must outlive this.
  ChunkFetcher(std::string hub_name, std::atomic<bool>& failed, const Tools& tools);

  /// Fills what `file` has not got yet; every chunk is hashed as it comes, and the whole is for the
  /// caller to check (PartialFile::finish). The terms of the hub's recipe, in file order. Throws
  /// Error: not_found (the hub has no such file), network, denied, corrupt, io, interrupted.
  std::vector<wire::ReconstructionTerm> fetch(remote::CasClient& cas, const xet::FileHash& hash,
                                              PartialFile& file, const LocalChunks& local);

private:
  remote::FetchOutcome fetch_range(remote::CasClient& cas, const wire::XorbFetch& from,
                                   const wire::FetchRange& range,
                                   const std::vector<PlacedTerm>& terms, PartialFile& file);
  void fetch_ranges(remote::CasClient& cas, const xet::FileHash& hash,
                    const std::optional<ByteSpan>& span, wire::Reconstruction reconstruction,
                    std::vector<RangeFetch> fetches, PartialFile& file);

  std::string hub_name_;
  std::atomic<bool>& failed_;
  const Tools& tools_;
  // Range tasks never wait for other tasks, so that those who fetch may wait for them.
  ThreadPool ranges_;
};

}  // namespace mhub::sync
