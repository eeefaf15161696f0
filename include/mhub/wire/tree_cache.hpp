#pragma once
// A commit's files as Hugging Face's clients keep them in the folder of a download,
// trees/<commit>.json, to spare themselves the question: a commit never changes.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/wire/hub_tree.hpp>

namespace mhub::wire {

/// Largest such file that is read or written, and the files that one names. Reading one takes
/// several times its size in memory, for its JSON and for the entries. A longer listing is asked
/// for each time.
inline constexpr std::size_t kTreeCacheMaxBytes = std::size_t{64} << 20;
inline constexpr std::size_t kTreeCacheMaxFiles = 200'000;

/// Nothing for a format of another version. Throws Error: corrupt.
std::optional<std::vector<TreeEntry>> parse_tree_cache(std::string_view json);
/// Of files alone; folders are left out.
std::string tree_cache_json(std::span<const TreeEntry> entries);

}  // namespace mhub::wire
