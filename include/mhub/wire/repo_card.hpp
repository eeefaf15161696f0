#pragma once
// The metadata at the head of a repository's README.md: YAML between two lines of "---", which hubs
// show and search as JSON.

#include <optional>
#include <string>
#include <string_view>

namespace mhub::wire {

/// Largest metadata block that is looked at.
inline constexpr std::size_t kCardMaxMetadataBytes = std::size_t{512} << 10;

/// The block's text without the lines of "---". Nothing if the text does not begin with one. A
/// block that is not closed reaches to the end.
struct CardBlock {
  std::string_view text;
  bool is_closed = false;
};
std::optional<CardBlock> find_card_block(std::string_view readme);

struct RepoCard {
  std::string json = {};   ///< an object; empty without metadata, or with metadata that is faulty
  std::string fault = {};  ///< what of the YAML cannot be read; empty if nothing is wrong
};
/// Never throws for what a text holds. Plain scalars become null, Booleans, integers and numbers by
/// YAML 1.2's core rules, all else text. Depth, values (aliases counted as what they stand for) and
/// size are bounded.
RepoCard parse_repo_card(std::string_view readme);

}  // namespace mhub::wire
