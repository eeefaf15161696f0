#pragma once
// A real HTTP server on a loopback port that misbehaves on demand.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace mhub::test {

/// A request as it arrived, body read whole. Header names are lower case.
struct Received {
  std::string method;
  std::string path;   ///< decoded by nobody
  std::string query;  ///< without '?'
  std::map<std::string, std::string> headers;
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

struct Reply {
  /// Fills `room` with bytes from `position` on and says how many; kEnd or kCut otherwise.
  using Producer = std::function<ssize_t(std::uint64_t position, std::span<char> room)>;
  static constexpr ssize_t kEnd = -1;
  static constexpr ssize_t kCut = -2;

  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Producer producer;                      ///< instead of body
  std::uint64_t size_bytes = UINT64_MAX;  ///< Content-Length of a produced body; default chunked
};

class HttpTestServer {
public:
  /// Called for each request, in a thread per connection.
  using Handler = std::function<Reply(const Received&)>;

  explicit HttpTestServer(Handler handler);
  ~HttpTestServer();
  HttpTestServer(const HttpTestServer&) = delete;
  HttpTestServer& operator=(const HttpTestServer&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:PORT" and `path`.
  std::string url(const std::string& path = "/") const;
  /// Requests and TCP connections so far.
  unsigned request_count() const;
  unsigned connection_count() const;
  /// Blocks the calling handler or producer until the server is destroyed, at most a minute.
  void stall() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Accepts connections, reads what comes, sends fixed bytes (perhaps none) and closes if asked to.
class RawPeer {
public:
  RawPeer(std::string says, bool closes);
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;
  std::uint16_t port() const;
  unsigned connection_count() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A loopback port that nobody listens on.
std::uint16_t closed_port();

}  // namespace mhub::test
