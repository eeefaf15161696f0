#pragma once
// One remote, ready to be talked to: its URL, its LFS endpoint, its chunk transfers.

#include <mhub/sync/workspace.hpp>

namespace mhub::sync {

struct TransferTotals {
  std::uint64_t sent_bytes = 0;      ///< request bodies: chunks, shards, packs
  std::uint64_t received_bytes = 0;  ///< answer bodies
  std::uint64_t files = 0;           ///< large files moved or registered
  std::uint64_t logical_bytes = 0;   ///< their sizes
  double seconds = 0;
};

}  // namespace mhub::sync
