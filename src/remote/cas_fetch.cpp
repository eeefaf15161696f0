// Chunk data: signed URLs, asked for exactly the listed range and without credentials.

#include <algorithm>

#include <mhub/base/error.hpp>
#include <mhub/net/backoff.hpp>
#include <mhub/remote/cas_client.hpp>

#include "record_stream.hpp"

namespace mhub::remote {
namespace {

constexpr unsigned kMaxTries = 4;

/// Checks that the answer is the range and nothing else.
class RangeAnswer {
public:
  RangeAnswer(const std::string& url, const wire::ByteRange& range) : url_(url), range_(range) {}

  void head(const net::Response& response) const {
    if (response.status != 206) {
      throw Error(ErrorKind::corrupt, "{} answered {} instead of the range asked for",
                  net::display_url(url_), response.status);
    }
    const auto length = response.content_length();
    if (response.range_first != range_.first || (length && *length != range_.size_bytes())) {
      throw Error(ErrorKind::corrupt, "{} answered another range than the one asked for",
                  net::display_url(url_));
    }
  }

private:
  const std::string& url_;
  const wire::ByteRange& range_;
};

}  // namespace

FetchOutcome CasClient::fetch_chunks(const std::string& url, const wire::FetchRange& range,
                                     const OnChunk& on_chunk) {
  net::Request request;
  request.url = url;
  request.range = net::ByteRange{range.bytes.first, range.bytes.last};
  request.max_body_bytes = range.bytes.size_bytes();
  request.stop = &hub_.stop();
  request.progress = &hub_.progress();
  limit_waiting(request, hub_.patience().data_ms);
  const RangeAnswer answer(url, range.bytes);

  std::uint32_t delivered = 0;
  bool failed_in_handler = false;
  const OnChunk counted = [&](std::uint32_t chunk, const xet::ChunkHash& hash, ByteView bytes) {
    failed_in_handler = true;
    on_chunk(chunk, hash, bytes);
    failed_in_handler = false;
    ++delivered;
  };
  net::Backoff backoff(kMaxTries);
  for (;;) {
    RecordStream records(range.chunks.start, range.chunks.count(), delivered, counted);
    bool anything_came = false;
    net::Response response;
    try {
      response = hub_.http().stream(
          request,
          [&](ByteView bytes) {
            anything_came = true;
            received_bytes_ += bytes.size();
            records.add(bytes);
          },
          [&](const net::Response& head) { answer.head(head); });
    } catch (const Error& error) {
      // The client goes on after a broken connection by asking for the rest, which a URL signed for
      // one range need not allow. Then the whole range is asked for again.
      const bool refused = error.kind() == ErrorKind::denied || error.kind() == ErrorKind::usage;
      if (failed_in_handler || !refused || !anything_came) throw;
      if (!backoff.again(hub_.stop())) throw;
      continue;
    }
    if (response.status == 401 || response.status == 403) return FetchOutcome::expired;
    require_ok(response, "fetch chunks from " + net::display_url(url));
    if (!records.complete()) {
      throw Error(ErrorKind::corrupt, "{} sent {} chunk records of {}", net::display_url(url),
                  records.records(), range.chunks.count());
    }
    return FetchOutcome::complete;
  }
}

}  // namespace mhub::remote
