#include "interrupt.hpp"

#include <csignal>
#include <cstdlib>

#include <unistd.h>

#include "report.hpp"

namespace mhub::cli {
namespace {

// A signal handler may only touch lock-free atomics and call async-signal-safe functions.
StopToken stop_token;
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void on_stop_signal(int) {
  if (stop_token.stop_requested()) _exit(kExitInterrupted);
  stop_token.request_stop();
}

}  // namespace

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  sigemptyset(&action.sa_mask);
  // Reads of a terminal end with EINTR, so that a prompt can be left.
  action.sa_flags = 0;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

const StopToken& stop_on_signal() {
  return stop_token;
}

}  // namespace mhub::cli
