#pragma once
// The hub's hooks, which git runs in a push. pre-receive comes in the middle: objects have arrived
// in quarantine, no ref has moved. It refuses a push whose large files the hub does not hold for
// this repository, so that no ref ever points to data that cannot be had, and refs that this user
// may not move. post-receive: refs have moved. It writes down what follows from that before the
// pusher hears that the push is done.

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace mhub::serve {

/// True if the program was started by git as a hook of the hub, by argv[0]: "…/pre-receive",
/// "…/post-receive".
bool is_hook_call(std::string_view program_name);

/// Value of an environment variable, empty if unset.
using Environment = std::function<std::string(const char* name)>;

/// Reads git's "<old> <new> <ref>" lines from `commands`, writes what the pusher shall read to
/// `messages` (git's stderr, shown as "remote: …"), and returns the process's exit code: 0 of
/// pre-receive lets the push through. Never throws. Which hub and repository it is about stands in
/// variables MHUB_HOOK_*, set by the server; without them pre-receive refuses. Faults of the hub
/// are told in full to the descriptor MHUB_HOOK_LOG alone.
int run_hook(std::string_view program_name, std::istream& commands, std::ostream& messages,
             const Environment& environment);

}  // namespace mhub::serve
