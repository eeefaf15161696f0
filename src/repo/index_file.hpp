#pragma once
// Opening index files; private to src/repo.

#include <filesystem>

#include "git2.hpp"

namespace mhub::repo {

/// The index in `file`, empty if there is none. Opened as a file of its own, not as a repository's.
GitIndex open_index_file(const std::filesystem::path& file);

/// Fills in the checksum at the end of `file` if it was left out.
void complete_checksum(const std::filesystem::path& file);

}  // namespace mhub::repo
