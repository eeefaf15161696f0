#pragma once
// Bodies of the hub routes that make branches and tags and squash a history:
// POST /api/{type}/{repo}/{branch,tag,super-squash}/{name}, in the shape of Hugging Face's API.

#include <optional>
#include <string>
#include <string_view>

namespace mhub::wire {

struct MakeBranchRequest {
  std::string starting_point = {};  ///< branch, tag or commit; empty: the default branch
  bool is_empty = false;            ///< JSON "emptyBranch": without files and history
  bool overwrite = false;
};
std::string to_json(const MakeBranchRequest& request);
/// An empty body stands for `{}`. Throws Error: corrupt.
MakeBranchRequest parse_make_branch_request(std::string_view json);

struct MakeTagRequest {
  std::string tag = {};
  std::optional<std::string> message = {};  ///< set: an annotated tag
};
MakeTagRequest parse_make_tag_request(std::string_view json);

struct SquashRequest {
  std::string message = {};  ///< may be empty
};
/// An empty body stands for `{}`.
SquashRequest parse_squash_request(std::string_view json);

}  // namespace mhub::wire
