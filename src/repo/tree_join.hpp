#pragma once
// Helpers for whoever lists changes between two sorted lists of paths; private to src/repo.

#include <mhub/repo/objects.hpp>

namespace mhub::repo {

/// A change of `path`; mode none stands for "not there".
TreeChange make_change(std::string path, FileMode old_mode, const ObjectId& old_id,
                       FileMode new_mode, const ObjectId& new_id);

/// Joins a deletion and an addition of the same blob into a rename; order of the rest is kept.
void pair_renames(std::vector<TreeChange>& changes);

}  // namespace mhub::repo
