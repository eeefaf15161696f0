#pragma once
// Gated repositories: whoever sees one may have its content only once let in. Everybody sees its
// description and file list all the same.

#include <optional>
#include <string_view>

namespace mhub::wire {

/// Who lets people in: nobody need be asked for, the hub at once, or the repository's owners.
enum class Gating { none, automatic, manual };

/// "auto" or "manual"; empty for none, which JSON has as false.
std::string_view name_of(Gating gating);
std::optional<Gating> parse_gating(std::string_view name);

}  // namespace mhub::wire
