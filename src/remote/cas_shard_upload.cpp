// Shard upload: v2, whose answer is a stream of lines of which only the last tells success, and v1
// where v2 is not offered.

#include <mhub/base/error.hpp>
#include <mhub/base/fault.hpp>
#include <mhub/net/backoff.hpp>
#include <mhub/remote/cas_client.hpp>

namespace mhub::remote {
namespace {

constexpr unsigned kMaxTries = 5;
/// Hubs repeat a progress line about every 20 s.
constexpr std::uint32_t kLinesStallMs = 90'000;
/// v1 says nothing until all is checked and stored.
constexpr std::uint32_t kSilentStallMs = 600'000;
/// All progress lines of one upload.
constexpr std::uint64_t kMaxAnswerBytes = std::uint64_t{64} << 20;
constexpr std::string_view kDoing = "register files with the hub";

/// Cuts the answer into lines and keeps the final one.
class ProgressLines {
public:
  void add(ByteView bytes) {
    std::string_view text = as_text(bytes);
    while (!text.empty() && !final_) {
      const std::size_t end = text.find('\n');
      pending_.append(text.substr(0, end));
      if (pending_.size() > wire::kCasAnswerMaxBytes) {
        throw Error(ErrorKind::corrupt, "the answer to a shard upload has a line over {} bytes",
                    wire::kCasAnswerMaxBytes);
      }
      if (end == text.npos) return;
      text.remove_prefix(end + 1);
      take_line();
    }
  }

  /// The final line, which may lack its line feed.
  std::optional<wire::ShardProgress> finish() {
    if (!final_) take_line();
    return final_;
  }

private:
  void take_line() {
    const std::string line = std::exchange(pending_, {});
    if (line.find_first_not_of(" \t\r") == line.npos) return;
    const wire::ShardProgress progress = wire::parse_shard_progress(line);
    if (progress.is_final()) final_ = progress;
  }

  std::string pending_;
  std::optional<wire::ShardProgress> final_;
};

net::Request shard_request(ByteView shard) {
  net::Request request;
  request.method = "POST";
  request.body = net::Body::view(shard);
  request.retry = net::Retry::always;
  return request;
}

}  // namespace

void CasClient::announce_shard(ByteView shard) {
  net::Request request = shard_request(shard);
  request.max_attempts = 1;
  try {
    const net::Response response = send(std::move(request), "/v1/shards/announcement");
    if (response.status == 401) require_ok(response, "announce files to the hub");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::network && error.kind() != ErrorKind::corrupt) throw;
  }
}

void CasClient::upload_shard(ByteView shard) {
  fault_point("cas.upload_shard");
  net::Backoff backoff(kMaxTries);
  while (!shards_v1_) {
    switch (upload_shard_v2(shard)) {
      case ShardOutcome::done:
        return;
      case ShardOutcome::not_offered:
        shards_v1_ = true;
        break;
      case ShardOutcome::try_again:
        if (backoff.again(hub_.stop())) break;
        throw Error(ErrorKind::network,
                    "cannot {}: the hub broke off or asked to try again {} times", kDoing,
                    kMaxTries);
    }
  }
  upload_shard_v1(shard);
}

CasClient::ShardOutcome CasClient::upload_shard_v2(ByteView shard) {
  net::Request request = shard_request(shard);
  request.stall_limit_ms = kLinesStallMs;
  request.max_body_bytes = kMaxAnswerBytes;
  std::optional<ProgressLines> lines;
  net::Response response;
  try {
    response = with_token(std::move(request), "/v2/shards", [&](const net::Request& ready) {
      // Each sending begins a new answer.
      return hub_.http().stream(
          ready, [&](ByteView bytes) { lines->add(bytes); },
          [&](const net::Response&) { lines.emplace(); });
    });
  } catch (const Error& error) {
    // Without an answer the client has tried often enough; one that broke off is tried as a whole.
    if (error.kind() != ErrorKind::network || !lines) throw;
    hub_.progress().note(error.message());
    return ShardOutcome::try_again;
  }
  if (response.status == 404 || response.status == 501) return ShardOutcome::not_offered;
  require_ok(response, kDoing);
  const auto last = lines ? lines->finish() : std::nullopt;
  if (!last) {
    throw Error(ErrorKind::network, "cannot {}: the hub ended its answer without a result", kDoing);
  }
  if (last->kind == wire::ShardProgress::Kind::result) return ShardOutcome::done;
  if (last->retryable) {
    hub_.progress().note(fmt::format("the hub asks to register files again: {}",
                                     printable(last->message.substr(0, 500))));
    return ShardOutcome::try_again;
  }
  throw Error(ErrorKind::usage, "cannot {}: {}", kDoing, printable(last->message.substr(0, 500)));
}

void CasClient::upload_shard_v1(ByteView shard) {
  net::Request request = shard_request(shard);
  request.stall_limit_ms = kSilentStallMs;
  const net::Response response = send(std::move(request), "/v1/shards");
  require_ok(response, kDoing);
  (void)wire::parse_shard_upload_answer(response.body);
}

}  // namespace mhub::remote
