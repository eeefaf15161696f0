#pragma once
// Reading ids out of the small text files of a git folder; private to src/repo.

#include <string_view>
#include <vector>

#include <mhub/repo/object_id.hpp>

namespace mhub::repo {

/// Each id (40 hexadecimal digits) that stands at the start of a line.
std::vector<ObjectId> ids_at_line_starts(std::string_view text);

}  // namespace mhub::repo
