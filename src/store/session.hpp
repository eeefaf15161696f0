#pragma once
// What one batch of new content may refer to: chunks it has written itself, and chunks that the
// index knows.
//
// New versions of a file repeat long runs of the old one's chunks, in the old order. So a chunk
// found in the index brings the chunks that follow it in its xorb into a table in memory; the next
// thousand lookups then cost no query. The table is two generations that take turns, so it stays
// small whatever the batch; what falls out of it is found through the index again.

#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <mhub/store/ingest.hpp>

#include "local_store.hpp"

namespace mhub::store {

/// A place in a xorb of this session; `xorb` is a number that Session gives.
struct SessionPlace {
  std::uint32_t xorb = 0;
  std::uint32_t chunk = 0;
};

/// Threads may share it.
class Session {
public:
  explicit Session(LocalStore& store) : store_(store) {}

  /// Before the first lookup.
  void set_rule(MayReference rule) { rule_ = std::move(rule); }

  /// Looks each chunk up; places[i] is set if chunks[i] is known and may be referred to.
  void find(std::span<const xet::ChunkRef> chunks, std::span<std::optional<SessionPlace>> places);
  /// Only among what this session wrote or has looked up.
  std::optional<SessionPlace> find_here(const xet::ChunkRef& chunk);

  /// A new xorb of this session, its hash still unknown.
  std::uint32_t open_xorb();
  void add_own_chunk(const xet::ChunkHash& hash, SessionPlace place);
  void set_sealed(std::uint32_t xorb, const xet::XorbHash& hash);

  struct XorbName {
    xet::XorbHash hash;
    bool own = false;
  };
  XorbName name_of(std::uint32_t xorb);

private:
  struct Xorb {
    xet::XorbHash hash;
    bool own = false;
    bool local = false;
    /// Chunks from this one on are in the table (of the generation below).
    std::uint32_t loaded_from = xet::kXorbMaxChunks;
    std::uint64_t loaded_in = 0;
    std::optional<bool> allowed;  ///< by the rule that holds where the caller gave none
  };
  using Table = std::unordered_map<xet::ChunkHash, SessionPlace>;

  // These want lock_ held.
  const SessionPlace* lookup(const xet::ChunkHash& hash) const;
  void insert(const xet::ChunkHash& hash, const SessionPlace& place);
  std::uint32_t xorb_number(const xet::XorbHash& hash, bool local);

  bool may_refer_to(const SessionPlace& place);
  std::optional<SessionPlace> find_in_index(Connection& connection, const xet::ChunkRef& chunk);

  LocalStore& store_;
  MayReference rule_;
  std::mutex lock_;  ///< of all below
  std::vector<Xorb> xorbs_;
  std::unordered_map<xet::XorbHash, std::uint32_t> numbers_;
  Table young_;
  Table old_;
  std::uint64_t generation_ = 1;
};

}  // namespace mhub::store
