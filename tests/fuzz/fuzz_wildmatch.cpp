// Patterns of .gitattributes and .gitignore: any pattern ends on any path, and soon. Input:
// pattern, line feed, path.

#include <mhub/repo/attributes.hpp>

#include "fuzz.hpp"

using namespace mhub;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  const std::size_t line_feed = text.find('\n');
  if (line_feed == std::string_view::npos) return 0;
  const std::string_view pattern = text.substr(0, line_feed);
  const std::string_view path = text.substr(line_feed + 1);
  const bool exact = repo::wildmatch(pattern, path);
  repo::wildmatch(pattern, path, true);
  if (pattern.find_first_of("*?[\\") == std::string_view::npos)
    fuzz::require(exact == (pattern == path), "plain characters match themselves alone");
  return 0;
}
