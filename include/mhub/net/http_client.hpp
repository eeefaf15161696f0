#pragma once
// The one HTTP client of the program.
//
// One thread of its own drives all transfers of all callers through libcurl's multi interface, so
// that connections are kept and shared. It never runs a caller's code: body bytes pass through a
// bounded buffer per transfer, and sources and sinks run on the thread that made the request. So a
// slow disk holds up its own transfer and no other, and a sink may throw.

#include <functional>
#include <memory>
#include <span>

#include <mhub/net/http_message.hpp>
#include <mhub/net/http_settings.hpp>

namespace mhub::net {

class TransferLoop;

/// One request whose answer is pulled, and whose body may be pushed, by hand: for protocols that
/// produce the one while they consume the other. For one thread. Destroying it cancels what still
/// runs.
class HttpExchange {
public:
  ~HttpExchange();
  HttpExchange(HttpExchange&&) noexcept;
  HttpExchange& operator=(HttpExchange&&) noexcept;

  /// Sends more of the request's body; waits while the buffer is full. Once the server has answered
  /// and closed, further bytes go nowhere. Throws Error: network (with the host's name),
  /// interrupted.
  void write(ByteView bytes);
  /// The request's body is complete.
  void finish();
  /// The answer's head, waiting for it; finish() must have been called, or write() have returned
  /// because the server answered early. Throws as write.
  const Response& head();
  /// The next bytes of the answer's body, 0 at the end; of an answer outside 2xx also where the
  /// connection broke. Throws as write.
  std::size_t read(std::span<std::byte> room);

private:
  friend class HttpClient;
  struct State;
  explicit HttpExchange(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Threads may share it, and should: connections are reused only within one client. All calls
/// block. It must outlive its exchanges.
class HttpClient {
public:
  explicit HttpClient(HttpSettings settings = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends and reads the whole answer into memory; any status is an answer, also the last 5xx after
  /// all retries. Throws Error: network (no answer; names the host), corrupt (body over
  /// max_body_bytes, or framing that makes no sense), denied (redirect from https to http),
  /// interrupted, usage (URL).
  Response send(const Request& request);

  using OnHead = std::function<void(const Response&)>;
  using OnData = std::function<void(ByteView)>;

  /// Sends and hands the body of a 2xx answer to `on_data`: every byte once and in order, also when
  /// the connection broke in between and the rest was asked for with Range (GET only, and only
  /// while the server's ETag and length stay the same). `on_head` is called once, before the first
  /// byte; with `request.range` it can see whether the server honoured it (206, range_first) or
  /// sent the whole (200). Both run on the calling thread; what they throw ends the transfer and is
  /// rethrown. Throws as send.
  Response stream(const Request& request, const OnData& on_data, const OnHead& on_head = {});

  /// Starts a request and leaves its answer, of any status, to be pulled.
  ///
  /// With `push_body`, the body comes through write() and finish(), chunked, over a connection of
  /// its own; nothing is retried and no redirect followed. Otherwise `request.body` is sent,
  /// retries and redirects happen up to the answer's head, and this returns with the head there;
  /// the body of an answer outside 2xx is cut at 64 KiB. `request.stop` must outlive the exchange.
  /// Throws as send.
  HttpExchange open(const Request& request, bool push_body);

private:
  HttpSettings settings_;
  std::unique_ptr<TransferLoop> loop_;
};

}  // namespace mhub::net
