#pragma once
// Changes between two trees as text to be read.

#include <optional>
#include <string>

#include <mhub/repo/object_id.hpp>
#include <mhub/repo/repository.hpp>

namespace mhub::repo {

struct PatchText {
  std::string text;                ///< as `git diff` shows it
  std::size_t files_left_out = 0;  ///< all from the first that did not fit
};

/// What leads from tree `from` to tree `to`; nothing stands for the empty tree. Files larger than a
/// mebibyte count as binary. Ends before the file with which the text would be longer than
/// `limit_bytes`. Throws Error: not_found, corrupt.
PatchText make_patch(Repository& repository, const std::optional<ObjectId>& from,
                     const std::optional<ObjectId>& to, std::size_t limit_bytes);

}  // namespace mhub::repo
