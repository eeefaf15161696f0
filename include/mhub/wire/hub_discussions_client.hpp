#pragma once
// The client's half of wire/hub_discussions.hpp: requests written, answers read.
//
// Answers are bounded, fields that are not known are passed over, and so are events of kinds that
// are not known.

#include <string>
#include <string_view>

#include <mhub/wire/hub_discussions.hpp>

namespace mhub::wire {

inline constexpr std::size_t kDiscussionsMaxBodyBytes = std::size_t{32} << 20;

std::string to_json(const NewDiscussionRequest& request);
std::string discussion_comment_json(std::string_view text);
std::string to_json(const DiscussionStatusRequest& request);
std::string discussion_merge_json(std::string_view comment);

/// These throw Error: corrupt. A repository's name that makes no sense is left empty, and of a
/// comment's edits only whether there are any is known.
DiscussionPage parse_discussion_page(std::string_view json);
DiscussionDetails parse_discussion_details(std::string_view json);
NewDiscussionAnswer parse_new_discussion_answer(std::string_view json);

}  // namespace mhub::wire
