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
class Transfer;

/// One request whose bodies are pushed and pulled by hand, for protocols that produce the request
/// while they go. No retries and no redirects. For one thread. Destroying it cancels what still
/// runs.
class HttpExchange {
public:
  ~HttpExchange();
  HttpExchange(HttpExchange&&) noexcept;
  HttpExchange& operator=(HttpExchange&&) = delete;

  /// Sends more of the request's body; waits while the buffer is full. Throws Error: network (with
  /// the host's name), interrupted.
  void write(ByteView bytes);
  /// The request's body is complete.
  void finish();
  /// The answer's head, waiting for it; finish() must have been called. Throws as write.
  const Response& head();
  /// The next bytes of the answer's body, 0 at the end. Throws as write.
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

  /// Starts a request whose body, if `with_body`, is pushed by hand, chunked; `request.body` is not
  /// used. Answers of any status are handed out as they are.
  HttpExchange open(const Request& request, bool with_body);

  const HttpSettings& settings() const { return settings_; }

private:
  HttpSettings settings_;
  std::unique_ptr<TransferLoop> loop_;
};

}  // namespace mhub::net
