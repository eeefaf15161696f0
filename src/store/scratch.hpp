#pragma once
// Leftovers of crashed writers.

#include <mhub/base/file_system.hpp>

namespace mhub::store {

/// Removes from `folder` what nobody has written to for an hour. For whoever holds the store's lock
/// alone: a batch may leave its open xorb untouched for long. Younger files may still belong to
/// somebody, as small files on their way to the work tree go without the lock. Throws Error: io.
void sweep_scratch(FileSystem& fs, const std::filesystem::path& folder);

}  // namespace mhub::store
