#pragma once
// The thread that drives all transfers, and the state each transfer shares with its caller.
//
// The loop thread alone touches curl. Callers and loop meet in Transfer, under its mutex: two
// bounded buffers, the answer's head, and flags that say who waits for whom. When a buffer is full
// or empty the loop pauses that direction of that transfer; the caller, having made room, asks it
// to go on.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <mhub/base/bytes.hpp>
#include <mhub/net/http_message.hpp>
#include <mhub/net/http_settings.hpp>

namespace mhub::net {

/// Bytes that may wait in each direction of one transfer.
inline constexpr std::size_t kTransferBufferBytes = 512 * 1024;
/// All header lines of an answer together.
inline constexpr std::size_t kHeadMaxBytes = 256 * 1024;

/// How a transfer ended, as far as the transport can tell.
enum class Ending {
  complete,     ///< the whole answer arrived
  no_host,      ///< the name did not resolve
  no_connect,   ///< no connection, or none within the limit
  not_trusted,  ///< TLS: the peer's certificate, or ours
  stalled,      ///< no byte in either direction for the limit
  broken,       ///< the connection ended early
  nonsense,     ///< the peer does not speak HTTP, or its head is over the bounds
  bad_setting,  ///< a proxy, certificate file or option that curl refuses
  cancelled,
};

/// One attempt of one request.
struct TransferPlan {
  std::string method;
  std::string url;     ///< without credentials
  std::string origin;  ///< for the limit per host
  std::vector<std::string> header_lines;
  EffectiveSettings settings;
  bool has_body = false;
  std::optional<std::uint64_t> body_size_bytes;
  bool accept_compressed = false;
  bool fresh_connection = false;
  std::uint32_t stall_limit_ms = 0;
  std::uint32_t connect_timeout_ms = 0;
};

/// Shared by one caller and the loop. Members below the mutex belong to it.
class Transfer {
public:
  explicit Transfer(TransferPlan the_plan) : plan(std::move(the_plan)) {}

  const TransferPlan plan;

  std::mutex mutex;
  std::condition_variable changed;

  bool head_complete = false;
  int status = 0;
  Headers headers;

  Bytes incoming;
  bool receive_paused = false;

  Bytes outgoing;
  std::size_t outgoing_taken_bytes = 0;
  bool outgoing_finished = false;
  bool send_paused = false;

  /// The caller is blocked on the peer; only then is silence the peer's fault.
  bool caller_waits = false;

  bool done = false;
  Ending ending = Ending::complete;
  std::string detail;  ///< curl's words
  bool connection_reused = false;
  bool request_sent = false;  ///< the peer may have seen some of the request
  bool peer_spoke = false;    ///< at least one byte of a head came back
};

/// Threads may share it.
class TransferLoop {
public:
  TransferLoop(unsigned connections_per_host, unsigned connections_total);
  /// Cancels what is left and joins.
  ~TransferLoop();
  TransferLoop(const TransferLoop&) = delete;
  TransferLoop& operator=(const TransferLoop&) = delete;

  /// Starts it, or queues it while its host or the total is at the limit.
  void submit(std::shared_ptr<Transfer> transfer);
  /// Goes on with directions that were paused. Call after making room or adding bytes.
  void resume(std::shared_ptr<Transfer> transfer);
  /// Ends it soon, closing its connection. No effect on one that is done.
  void cancel(std::shared_ptr<Transfer> transfer);

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mhub::net
