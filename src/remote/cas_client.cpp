#include <chrono>

#include <mhub/base/error.hpp>
#include <mhub/base/fault.hpp>
#include <mhub/remote/cas_client.hpp>

namespace mhub::remote {
namespace {

/// A hub that reads and hashes 64 MiB may take its time before it answers.
constexpr std::uint32_t kXorbStallMs = 60'000;

/// A UUID of version 7 (RFC 9562): the time in milliseconds, then random bits.
std::string make_session_id() {
  std::array<std::byte, 16> bytes{};
  fill_random(bytes);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  for (std::size_t i = 6; i-- > 0; ms >>= 8) bytes[i] = static_cast<std::byte>(ms & 0xff);
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x70};
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  std::string text = to_hex(bytes);
  for (const std::size_t at : {20, 16, 12, 8}) text.insert(at, 1, '-');
  return text;
}

std::string xorb_path(const xet::XorbHash& xorb) {
  return "/v1/xorbs/default/" + xorb.text();
}

std::string short_id(const xet::XorbHash& xorb) {
  return xorb.text().substr(0, 12);
}

}  // namespace

CasClient::CasClient(HubConnection& hub, std::string refresh_url,
                     std::optional<wire::XetToken> first)
    : hub_(hub),
      token_(hub, std::move(refresh_url), std::move(first)),
      session_id_(make_session_id()) {}

net::Response CasClient::send(net::Request request, std::string_view path) {
  return with_token(std::move(request), path,
                    [this](const net::Request& ready) { return hub_.http().send(ready); });
}

net::Response CasClient::with_token(net::Request request, std::string_view path,
                                    const std::function<net::Response(const net::Request&)>& send) {
  request.stop = &hub_.stop();
  request.progress = &hub_.progress();
  limit_waiting(request, hub_.patience().answer_ms);
  request.headers.push_back({std::string(wire::kXetSessionIdHeader), session_id_, false});
  const std::uint64_t body_bytes = request.body.size_bytes().value_or(0);
  for (bool renewed = false;;) {
    const wire::XetToken token = token_.get();
    net::Request ready = request;
    ready.url = net::join_url(token.cas_url, path);
    ready.headers.push_back(net::bearer_authorization(token.access_token));
    net::Response response = send(ready);
    sent_bytes_ += body_bytes;
    received_bytes_ += response.body.size();
    if (response.status != 401 || renewed) return response;
    token_.refuse(token);
    renewed = true;
  }
}

std::optional<xet::Shard> CasClient::find_dedup(const xet::ChunkHash& chunk) {
  net::Request request;
  request.max_attempts = 1;
  try {
    const net::Response response = send(std::move(request), "/v1/chunks/default/" + chunk.text());
    if (response.status == 401) require_ok(response, "ask which chunks the hub has");
    if (!response.ok()) return std::nullopt;
    return xet::parse_shard(as_bytes(response.body));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::network || error.kind() == ErrorKind::corrupt) {
      return std::nullopt;
    }
    throw;
  }
}

bool CasClient::upload_xorb(const xet::XorbHash& xorb, const net::Body& body) {
  fault_point("cas.upload_xorb");
  net::Request request;
  request.method = "POST";
  request.body = body;
  request.retry = net::Retry::always;
  request.stall_limit_ms = kXorbStallMs;
  const net::Response response = send(std::move(request), xorb_path(xorb));
  require_ok(response, fmt::format("upload xorb {}", short_id(xorb)));
  fault_point("cas.xorb_sent");
  return wire::parse_xorb_upload_answer(response.body);
}

std::optional<net::Response> CasClient::request_reconstruction(
    std::string_view version, const xet::FileHash& file,
    const std::optional<wire::ByteRange>& range) {
  net::Request request;
  if (range) request.range = net::ByteRange{range->first, range->last};
  request.max_body_bytes = wire::kReconstructionMaxBodyBytes;
  net::Response response =
      send(std::move(request), fmt::format("/{}/reconstructions/{}", version, file.text()));
  if (response.status == 416) return std::nullopt;
  return response;
}

std::optional<wire::Reconstruction> CasClient::reconstruct(const xet::FileHash& file,
                                                           std::optional<wire::ByteRange> range) {
  const std::string doing = fmt::format("ask how file {} is put together", file.text());
  if (!reconstruct_v1_) {
    const auto response = request_reconstruction("v2", file, range);
    if (!response) return std::nullopt;
    if (response->ok()) return wire::parse_reconstruction_v2(response->body);
    if (response->status != 404 && response->status != 501) require_ok(*response, doing);
  }
  const auto response = request_reconstruction("v1", file, range);
  if (!response) return std::nullopt;
  require_ok(*response, doing);
  // A 404 of v2 may have meant the file; only an answer of v1 shows that it meant the route.
  reconstruct_v1_ = true;
  return wire::parse_reconstruction_v1(response->body);
}

}  // namespace mhub::remote
