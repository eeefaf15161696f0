#pragma once
// The command line of mhub.

namespace mhub::cli {

/// Runs one command and returns the exit code of the process: 0 done; 1 failed; 2 usage; 3
/// conflict; 4 not authorised; 5 network or server trouble; 6 corrupt data found; 7 busy; 130
/// interrupted. Throws nothing. Called once a process: it sets up signal handling.
int run(int argc, char** argv) noexcept;

}  // namespace mhub::cli
