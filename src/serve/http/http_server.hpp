#pragma once
// HTTP over libmicrohttpd: event loops on epoll that never block. A request whose body or answer is
// not ready is suspended, which costs no thread, and resumed by whoever gets on with it.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "http/message.hpp"

namespace mhub::serve {

struct AccessRecord {
  const Request* request = nullptr;
  int status = 0;  ///< 0 if the client was gone before an answer
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;  ///< of the body
  std::int64_t duration_ms = 0;
};

/// What is behind the HTTP server. Functions are called by event loops, several at a time, and must
/// not block.
class Application {
public:
  virtual ~Application() = default;
  /// Headers are complete. Returns what takes the body and makes the answer. May throw: Refused and
  /// other Errors are answered by error_response().
  virtual std::unique_ptr<BodySink> begin(const std::shared_ptr<const Request>& request) = 0;
  virtual Response error_response(const Request& request, const std::exception& error) noexcept = 0;
  /// Called once for every answer, before it is sent, for headers that all of them have.
  virtual void complete(const Request& request, Response& response) = 0;
  virtual void finished(const AccessRecord& record) noexcept = 0;
};

struct HttpOptions {
  std::string listen;
  std::string public_url;
  std::string tls_certificate_pem;
  std::string tls_key_pem;
  unsigned loops = 2;
  unsigned connections = 1024;
  unsigned connections_per_address = 0;
  std::chrono::seconds idle_timeout{120};
  std::uint64_t header_bytes = 64 << 10;
};

class HttpServer {
public:
  /// Throws Error: config (address), busy (port taken), io.
  static std::unique_ptr<HttpServer> start(const HttpOptions& options, Application& application);
  virtual ~HttpServer() = default;
  /// http(s)://address:port.
  virtual const std::string& local_url() const = 0;
  /// Stops listening, waits for running requests, then cuts off what is left.
  virtual void stop(std::chrono::milliseconds patience) = 0;
};

}  // namespace mhub::serve
