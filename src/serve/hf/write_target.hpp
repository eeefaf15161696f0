#pragma once
// Where requests that write commit to: which branch is meant, by whom, and its moving.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <mhub/repo/objects.hpp>
#include <mhub/repo/refs.hpp>

#include "hf/revision.hpp"
#include "router.hpp"

namespace mhub::serve {

inline constexpr std::string_view kMainRef = "refs/heads/main";

/// The reference that commits to `revision` move: a branch by its short or full name, HEAD for the
/// default branch, or a pull request ("refs/pr/3"). Nothing for any other name; whether it exists
/// is not asked.
std::optional<std::string> branch_ref_of(std::string_view revision);

/// What a commit is made on.
struct Tip {
  std::string ref;
  std::optional<repo::ObjectId> commit;  ///< nothing: the default branch, before its first commit
};
/// Nothing if there is no such branch.
std::optional<Tip> find_tip(repo::Repository& repository, std::string_view revision);

/// Who the call's user is in commits.
repo::Signature signature_of(const Principal& who);

/// Calls `attempt` until it returns true, which it does unless a push has got in between. Throws
/// Refused 503 when that goes on.
void retry_while_moved(const std::function<bool()>& attempt);

}  // namespace mhub::serve
