#include <mhub/base/error.hpp>
#include <mhub/remote/hub_connection.hpp>

namespace mhub::remote {
namespace {

/// Sendings of one request with different credentials.
constexpr int kMaxCredentials = 4;

net::Header authorization(const Credential& credential, AuthStyle style) {
  switch (style) {
    case AuthStyle::basic:
      return credential.basic();
    case AuthStyle::bearer:
      return credential.bearer();
  }
  MHUB_ASSERT(false);
}

bool came_from(const net::Response& response, const net::Url& asked) {
  const auto url = net::parse_url(response.url);
  return !url || net::same_origin(*url, asked);
}

const net::Response& head_of(const net::Response& response) {
  return response;
}
const net::Response& head_of(net::HttpExchange& exchange) {
  return exchange.head();
}

}  // namespace

template <class Send>
auto HubConnection::with_credentials(net::Request request, AuthStyle style, std::uint32_t limit_ms,
                                     Send send) {
  limit_waiting(request, limit_ms);
  request.stop = &stop_;
  request.progress = &progress_;
  const net::Url url = net::require_url(request.url);
  if (!url.user.empty() || !url.password.empty()) {
    credentials_.add_from_url(url, url.user, url.password);
    request.url = url.str();
  }
  if (net::find_header(request.headers, "Authorization") != nullptr) return send(request);

  std::optional<Credential> credential = credentials_.find(url);
  for (int sending = 1;; ++sending) {
    net::Request ready = request;
    if (credential) ready.headers.push_back(authorization(*credential, style));
    auto answer = send(ready);
    const net::Response& response = head_of(answer);
    if (response.status != 401) {
      if (credential && response.ok()) credentials_.approve(url, *credential, stop_);
      return answer;
    }
    if (sending == kMaxCredentials || !came_from(response, url)) return answer;
    auto next = credentials_.next(url, credential, stop_);
    if (!next) return answer;
    credential = std::move(next);
  }
}

net::Response HubConnection::send(net::Request request, AuthStyle style) {
  return with_credentials(std::move(request), style, patience_.answer_ms,
                          [this](const net::Request& ready) { return http_.send(ready); });
}

net::Response HubConnection::stream(net::Request request, AuthStyle style,
                                    const net::HttpClient::OnData& on_data,
                                    const net::HttpClient::OnHead& on_head) {
  return with_credentials(
      std::move(request), style, patience_.data_ms,
      [&](const net::Request& ready) { return http_.stream(ready, on_data, on_head); });
}

net::HttpExchange HubConnection::open(net::Request request, AuthStyle style) {
  return with_credentials(std::move(request), style, patience_.answer_ms,
                          [this](const net::Request& ready) { return http_.open(ready, false); });
}

net::HttpExchange HubConnection::push(net::Request request, AuthStyle style,
                                      const std::function<void(net::HttpExchange&)>& write_body) {
  return with_credentials(std::move(request), style, patience_.answer_ms,
                          [&](const net::Request& ready) {
                            net::HttpExchange exchange = http_.open(ready, true);
                            write_body(exchange);
                            exchange.finish();
                            return exchange;
                          });
}

void limit_waiting(net::Request& request, std::uint32_t limit_ms) {
  if (limit_ms == 0) return;
  request.stall_limit_ms = limit_ms;
  request.connect_timeout_ms = limit_ms;
}

void require_ok(const net::Response& response, std::string_view doing) {
  if (response.ok()) return;
  Error error = net::status_error(response, doing);
  const auto from = net::parse_url(response.url);
  if (from && response.status == 401) {
    throw std::move(error).hint(
        fmt::format("give a token that this hub accepts: mhub login {}", from->origin()));
  }
  if (from && response.status == 403) {
    throw std::move(error).hint(
        fmt::format("see who you are there: mhub whoami {}", from->origin()));
  }
  throw std::move(error);
}

}  // namespace mhub::remote
