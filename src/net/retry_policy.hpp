#pragma once
// When a request is sent again, and after which wait. Pure, but for the dice.

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include <mhub/net/http_message.hpp>

#include "transfer_loop.hpp"

namespace mhub::net {

inline constexpr std::uint32_t kBackoffMaxMs = 20'000;
/// A server that asks for more patience gets its answer shown instead.
inline constexpr std::uint32_t kRetryAfterMaxMs = 120'000;

/// What is known about an attempt that brought no answer.
struct Failure {
  Ending ending = Ending::broken;
  bool request_sent = true;  ///< the peer may have seen it
  bool connection_reused = false;
  bool peer_spoke = false;
};

/// True if sending `method` twice does the same as sending it once (RFC 9110, section 9.2.2).
bool is_idempotent(std::string_view method);
/// True if the same request may fare better a little later.
bool is_passing_status(int status);

bool may_retry(const Request& request, std::string_view method, const Failure& failure);
bool may_retry(const Request& request, std::string_view method, const Response& response);

/// Seconds or an HTTP date, as milliseconds from `now`; nothing if `text` is neither.
std::optional<std::uint64_t> parse_retry_after(std::string_view text, std::time_t now);

/// Uniform in [0, 1). From any thread.
double dice();

/// The wait before sending number `attempt` + 1: half to whole of `base_ms` doubled each time, at
/// most kBackoffMaxMs. `dice` is uniform in [0, 1).
std::uint32_t backoff_ms(std::uint32_t base_ms, unsigned attempt, double dice);

}  // namespace mhub::net
