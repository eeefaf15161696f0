#pragma once
// The client's half of git's push protocol: commands, a pack, and the hub's report. libgit2's own
// push takes only refs as sources; this takes objects.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "git_session.hpp"

namespace mhub::remote {

/// "old new ref": what the hub should have, and what it should make of it. 40 zeros mean absent.
struct PushCommand {
  std::string old_id;
  std::string new_id;
  std::string ref;
};

/// What the hub reported (git's report-status).
struct PushReport {
  std::string unpack;                          ///< "ok", or why the pack was refused
  std::map<std::string, std::string> refused;  ///< ref to reason
  std::vector<std::string> accepted;
};

/// Takes "unpack …", "ok REF" and "ng REF REASON" packets apart. Pure. Throws Error: corrupt.
PushReport parse_push_report(std::string_view packets);

/// A pack with everything that `wanted` lead to and `had` (commits; unknown ones are passed over)
/// do not, given to `sink` piece by piece. Throws Error: corrupt or not_found for missing objects,
/// interrupted, and what `sink` throws.
void write_pack(git_repository* repository, const std::vector<std::string>& wanted,
                const std::vector<std::string>& had, const StopToken& stop,
                const std::function<void(ByteView)>& sink);

}  // namespace mhub::remote
