#pragma once
// Requests to a hub with the right credentials.

#include <cstdint>
#include <functional>
#include <string>

#include <mhub/base/progress.hpp>
#include <mhub/net/http_client.hpp>
#include <mhub/remote/credentials.hpp>

namespace mhub::remote {

/// How a hub's route wants to be told who asks.
enum class AuthStyle {
  basic,   ///< git and Git LFS routes
  bearer,  ///< hub REST routes
};

/// For how long one attempt at a request may go without a byte, and take to connect; 0: as the
/// request says.
struct Patience {
  std::uint32_t answer_ms = 0;  ///< where the whole answer is waited for
  std::uint32_t data_ms = 0;    ///< of streams
};

/// Threads may share it. All that it refers to must outlive it.
class HubConnection {
public:
  HubConnection(net::HttpClient& http, CredentialStore& credentials,
                const StopToken& stop = never_stopped(), Progress& progress = silent_progress(),
                const Patience& patience = {})
      : http_(http),
        credentials_(credentials),
        stop_(stop),
        progress_(progress),
        patience_(patience) {}

  /// Sends `request` with credentials for its origin, unless it has an Authorization header. On 401
  /// it asks for the next credentials and sends again, at most three times. Any status that remains
  /// is an answer. Throws as net::HttpClient::send.
  net::Response send(net::Request request, AuthStyle style);

  /// As send, with the body of a 2xx answer handed to `on_data`.
  net::Response stream(net::Request request, AuthStyle style,
                       const net::HttpClient::OnData& on_data,
                       const net::HttpClient::OnHead& on_head = {});

  /// As send, with the answer left to be pulled.
  net::HttpExchange open(net::Request request, AuthStyle style);

  /// As open, with a body that `write_body` pushes; it is called anew for each sending. Nothing is
  /// retried but for credentials. Throws also what `write_body` throws.
  net::HttpExchange push(net::Request request, AuthStyle style,
                         const std::function<void(net::HttpExchange&)>& write_body);

  net::HttpClient& http() { return http_; }
  CredentialStore& credentials() { return credentials_; }
  const StopToken& stop() const { return stop_; }
  Progress& progress() { return progress_; }
  const Patience& patience() const { return patience_; }

private:
  /// `send` returns a Response or an HttpExchange.
  template <class Send>
  auto with_credentials(net::Request request, AuthStyle style, std::uint32_t limit_ms, Send send);

  net::HttpClient& http_;
  CredentialStore& credentials_;
  const StopToken& stop_;
  Progress& progress_;
  Patience patience_;
};

/// Gives up an attempt at `request` after `limit_ms` without a byte; 0 leaves it as it is.
void limit_waiting(net::Request& request, std::uint32_t limit_ms);

/// Throws what net::status_error says unless `response` is a success; with a hint about credentials
/// for 401, whose kind is denied.
void require_ok(const net::Response& response, std::string_view doing);

}  // namespace mhub::remote
