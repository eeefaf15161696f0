#pragma once
// The caller's end of one transfer: feeds the request's body, takes the answer, watches for a stop.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include <mhub/net/http_message.hpp>

#include "retry_policy.hpp"
#include "transfer_loop.hpp"

namespace mhub::net {

/// For one thread. All waits end when the transfer does, and the loop ends every transfer; they
/// throw Error: interrupted on a stop.
class CallerSide {
public:
  /// Submits the transfer. `source` may be null: then there is no body, or it comes through push().
  CallerSide(TransferLoop& loop, TransferPlan plan, const StopToken* stop,
             std::unique_ptr<BodySource> source);
  /// Cancels what still runs.
  ~CallerSide();
  CallerSide(const CallerSide&) = delete;
  CallerSide& operator=(const CallerSide&) = delete;

  /// False if the transfer ended without an answer; see failure().
  bool wait_head();
  /// The answer's status and headers, with what Content-Range says taken apart. After wait_head().
  Response head();
  /// Replaces `out` with what has arrived, at least one byte; false at the end of the answer, good
  /// or bad (see ending()), or at `deadline`.
  bool next(Bytes& out, std::optional<std::chrono::steady_clock::time_point> deadline = {});

  /// Sends no more of the source: the answer is there already.
  void stop_feeding() { source_.reset(); }
  /// Waits for room, then sends. False if the transfer has ended.
  bool push(ByteView bytes);
  void finish_push();

  Ending ending();
  Failure failure();
  /// The Error that says why there is no (whole) answer.
  Error transport_error();

private:
  template <class Ready>
  void wait(Ready ready, std::optional<std::chrono::steady_clock::time_point> deadline = {});
  bool has_room() const;
  void feed();
  void hand_over(ByteView bytes, bool finished);

  TransferLoop& loop_;
  std::shared_ptr<Transfer> transfer_;
  const StopToken& stop_;
  std::unique_ptr<BodySource> source_;
  std::uint64_t fed_bytes_ = 0;
  Bytes scratch_;
};

}  // namespace mhub::net
