#pragma once
// In which commits and under which names a large file stands.

#include <unordered_map>
#include <vector>

#include <mhub/sync/upkeep.hpp>

namespace mhub::sync {

/// For each of `files` the paths and the newest commits (at most kCommitsNamed) that brought it in.
/// Walks the history once.
std::vector<FsckReport::AffectedFile> locate_in_history(Workspace& workspace,
                                                        const std::vector<Sha256>& files,
                                                        const Tools& tools);

inline constexpr std::size_t kCommitsNamed = 20;

}  // namespace mhub::sync
