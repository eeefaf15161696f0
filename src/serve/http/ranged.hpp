#pragma once
// How much of some bytes an answer carries: Range, If-Range and HEAD, alike for whatever is served.

#include <cstdint>
#include <string_view>

#include "http/message.hpp"

namespace mhub::serve {

struct Ranged {
  Response response;  ///< status and headers; its body is up to the caller
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;  ///< 0: no body is to be made
};

/// Begins the answer for `size_bytes` bytes with the given entity tag (in quotes). HEAD gets the
/// whole length without bytes, whatever range it names. Of an empty file each range that begins at
/// its beginning is there: clients ask for the first byte to learn the size.
Ranged begin_ranged(const Request& request, std::string_view etag, std::uint64_t size_bytes);

/// True if the caller has the content already (If-None-Match).
bool is_known_to_caller(const Request& request, std::string_view etag);

/// Makes `response`, to HEAD, tell a length without a body to go with it.
void describe_length(Response& response, std::uint64_t size_bytes);

}  // namespace mhub::serve
