#pragma once
// Ctrl-C and SIGTERM as a StopToken.

#include <mhub/base/progress.hpp>

namespace mhub::cli {

/// From now on the first SIGINT or SIGTERM asks for a stop, a second one ends the process at once
/// with exit code 130, and writing to a closed pipe is an error instead of a signal. Once a
/// process.
void catch_signals();

/// The token that the signals set.
const StopToken& stop_on_signal();

}  // namespace mhub::cli
