#pragma once
// Line ends and keywords, converted as the attributes say; private to src/repo.

#include <string>

#include <mhub/repo/repository.hpp>

#include "git2.hpp"

namespace mhub::repo {

/// False if settings and attributes leave `path` as it is, in both directions.
bool is_converted(Repository& repository, const std::string& path);

/// `content` of a blob as working file (GIT_FILTER_TO_WORKTREE), or the other way
/// (GIT_FILTER_TO_ODB). Filters of other programs, `lfs` above all, are not run.
Bytes converted(Repository& repository, const std::string& path, ByteView content,
                git_filter_mode_t direction);

}  // namespace mhub::repo
