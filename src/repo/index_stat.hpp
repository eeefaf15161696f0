#pragma once
// Stat data of index entries; private to src/repo.

#include <filesystem>
#include <optional>

#include <mhub/repo/index.hpp>

#include "git2.hpp"

namespace mhub::repo {

/// lstat of `path` in full; nothing if there is nothing.
struct FullStat {
  FileStat stat;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};
std::optional<FullStat> full_stat(const std::filesystem::path& path);

/// What an index entry records of `stat`.
IndexStat to_index_stat(const FullStat& stat);
/// The size field for a file of `size_bytes`. 0 is kept for empty files, as it also marks an entry
/// that must be compared again; a multiple of 4 GiB becomes 2^31, as newer versions of git do it.
std::uint32_t index_size(std::uint64_t size_bytes);

inline std::int64_t mtime_ns_of(const IndexStat& stat) {
  return std::int64_t{stat.mtime_s} * 1'000'000'000 + stat.mtime_ns;
}

}  // namespace mhub::repo
