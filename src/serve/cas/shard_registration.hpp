#pragma once
// Turning an uploaded shard into files of a repository.

#include <functional>

#include <mhub/xet/shard.hpp>

#include "router.hpp"

namespace mhub::serve {

/// Told how far it is, often, by one thread at a time. What it throws ends the registration.
using Verified = std::function<void(std::uint64_t verified_bytes, std::uint64_t total_bytes)>;

/// Reads `bytes` as an uploaded shard and checks everything that needs no content: limits, that
/// each xorb is here and its chunks may be used by this caller, that lengths add up, and that range
/// hashes, file hashes and chunk lists are those of the stored xorbs. Throws Refused 400, and 413
/// for more than this hub takes.
xet::Shard check_shard(const Call& call, ByteView bytes);

/// Reads `bytes` as a shard whose xorbs are still to be sent, and has its files hashed as far and
/// as soon as their content is here. Files without use for that are passed over. Throws Refused 400
/// and 413 as check_shard().
void announce_shard(const Call& call, ByteView bytes);

/// Reads the content of each file that is new here and checks its SHA-256, then makes all files
/// known to the store and to the call's repository. True if one of them was new to the repository.
/// Throws Refused 400 for a wrong digest; all files or none are registered.
bool register_shard(const Call& call, const xet::Shard& shard, const Verified& verified);

}  // namespace mhub::serve
