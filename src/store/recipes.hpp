#pragma once
// Recipes follow chunks that were packed anew.

#include <unordered_map>
#include <unordered_set>

#include "local_store.hpp"

namespace mhub::store {

struct NewPlace {
  xet::XorbHash xorb;
  std::uint32_t chunk;
};
/// Where chunks were packed anew.
using NewPlaces = std::unordered_map<xet::ChunkHash, NewPlace>;

/// Adds where the chunks of the xorbs `packed` lie.
void add_places(LocalStore& store, std::span<const xet::XorbHash> packed, NewPlaces& places);

/// False if one of `xorbs` was collected again before a recipe referred to it.
bool all_local(Connection& connection, std::span<const xet::XorbHash> xorbs);

/// Calls `visit` for every recipe; it may use the connection. Throws Error: corrupt.
void for_each_recipe(Connection& connection, const std::function<void(const FileRecord&)>& visit);

/// Rewrites every recipe with a term over a xorb of `leaving`: chunks that `places` has are taken
/// from there, the others stay where they were. Inside the caller's write transaction, with the
/// store locked alone, as readers and writers remember recipes. Throws Error: corrupt.
void move_recipes(LocalStore& store, Connection& connection,
                  const std::unordered_set<xet::XorbHash>& leaving, const NewPlaces& places);

}  // namespace mhub::store
