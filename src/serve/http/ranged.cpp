#include "http/ranged.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <mhub/base/text.hpp>

#include "http/byte_range.hpp"

namespace mhub::serve {

namespace {

class NoBody : public BodyStream {
public:
  Result read(std::span<std::byte>, const Wake&) override { return {Status::failed, 0}; }
};

}  // namespace

void describe_length(Response& response, std::uint64_t size_bytes) {
  response.stream_bytes = size_bytes;
  response.body = std::make_unique<NoBody>();
}

bool is_known_to_caller(const Request& request, std::string_view etag) {
  std::string_view rest = request.header("If-None-Match");
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    std::string_view one = trimmed(item);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || one == etag) return true;
  }
  return false;
}

Ranged begin_ranged(const Request& request, std::string_view etag, std::uint64_t size_bytes) {
  Ranged out;
  Response& response = out.response;
  response.with("Accept-Ranges", "bytes").with("ETag", std::string(etag));
  if (request.is_head) {
    describe_length(response, size_bytes);
    return out;
  }
  std::string_view header = request.header("Range");
  const std::string_view if_range = request.header("If-Range");
  if (!if_range.empty() && if_range != etag) header = {};
  if (size_bytes == 0 && (header.starts_with("bytes=0-") || header.starts_with("bytes=-"))) {
    response.with("Content-Range", "bytes */0");
    return out;
  }
  const RangeRequest asked = parse_range(header, size_bytes);
  switch (asked.kind) {
    case RangeRequest::Kind::unsatisfiable:
      response.status = 416;
      response.with("Content-Range", fmt::format("bytes */{}", size_bytes));
      break;
    case RangeRequest::Kind::part:
      response.status = 206;
      response.with("Content-Range",
                    fmt::format("bytes {}-{}/{}", asked.range.first, asked.range.last, size_bytes));
      out.offset = asked.range.first;
      out.size_bytes = asked.range.size_bytes();
      break;
    case RangeRequest::Kind::whole:
      out.size_bytes = size_bytes;
      break;
  }
  return out;
}

}  // namespace mhub::serve
