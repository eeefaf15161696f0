#include <chrono>

#include <mhub/base/error.hpp>
#include <mhub/remote/cas_client.hpp>

namespace mhub::remote {
namespace {

/// A token with less to live is renewed first.
constexpr std::int64_t kMinLifeSeconds = 30;

std::int64_t now_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

bool is_fresh(const wire::XetToken& token) {
  return token.expires_at_s - kMinLifeSeconds > now_s();
}

}  // namespace

CasToken::CasToken(HubConnection& hub, std::string refresh_url, std::optional<wire::XetToken> first)
    : hub_(hub), refresh_url_(std::move(refresh_url)), token_(std::move(first)) {
  token_.with([this](std::optional<wire::XetToken>& token) {
    if (token) check_address(*token);
  });
}

wire::XetToken CasToken::get() {
  return token_.with([this](std::optional<wire::XetToken>& token) {
    if (!token || !is_fresh(*token)) token = fetch();
    return *token;
  });
}

void CasToken::refuse(const wire::XetToken& refused) {
  token_.with([&](std::optional<wire::XetToken>& token) {
    if (token && token->access_token == refused.access_token) token.reset();
  });
}

wire::XetToken CasToken::fetch() {
  net::Request request;
  request.url = refresh_url_;
  request.max_body_bytes = wire::kXetTokenMaxBytes * 2;
  const net::Response response = hub_.send(std::move(request), AuthStyle::bearer);
  require_ok(response, "get a token for chunk transfers");
  wire::XetToken token = wire::parse_xet_token(response.body);
  check_address(token);
  return token;
}

void CasToken::check_address(const wire::XetToken& token) const {
  const net::Url hub = net::require_url(refresh_url_);
  const net::Url cas = net::require_url(token.cas_url);
  if (hub.scheme == "https" && cas.scheme != "https") {
    throw Error(ErrorKind::corrupt, "{} names a chunk store without TLS: {}", hub.host_and_port(),
                net::display_url(token.cas_url));
  }
}

}  // namespace mhub::remote
