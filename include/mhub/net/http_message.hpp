#pragma once
// One HTTP request and its answer, as values.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>
#include <mhub/base/progress.hpp>

namespace mhub::net {

struct Header {
  std::string name;
  std::string value;
  /// Dropped when a redirect leaves the origin. Authorization, Cookie and Proxy-Authorization
  /// always count as secret.
  bool secret = false;
};
using Headers = std::vector<Header>;

/// The first header of that name in any case of letters; nullptr if there is none.
const std::string* find_header(const Headers& headers, std::string_view name);
/// "Basic …" of RFC 7617, and "Bearer …" of RFC 6750, as a secret Authorization header.
Header basic_authorization(std::string_view user, std::string_view password);
Header bearer_authorization(std::string_view token);

/// Where an upload's bytes come from; read once from start to end by the thread that called
/// HttpClient.
class BodySource {
public:
  virtual ~BodySource() = default;
  /// Fills the front of `room` (never empty) and says how many bytes; 0 at the end. An Error it
  /// throws ends the request and reaches the caller.
  virtual std::size_t read(std::span<std::byte> room) = 0;
};

/// An upload's bytes, able to start from the front again for a retry or a redirect.
class Body {
public:
  using Factory = std::function<std::unique_ptr<BodySource>()>;

  /// No body.
  Body() = default;
  /// Bytes in memory, owned.
  static Body of(std::string text);
  static Body of(Bytes bytes);
  /// Bytes that the caller keeps alive and unchanged until the call has returned.
  static Body view(ByteView bytes);
  /// A stream; `size_bytes` is exact, or nothing for chunked transfer. `make` is called once per
  /// attempt, on the caller's thread.
  static Body stream(std::optional<std::uint64_t> size_bytes, Factory make);

  bool present() const { return static_cast<bool>(make_); }
  std::optional<std::uint64_t> size_bytes() const { return size_bytes_; }
  std::unique_ptr<BodySource> open() const { return make_(); }

private:
  std::optional<std::uint64_t> size_bytes_;
  Factory make_;
};

/// Bytes `first` to `last`, both included (RFC 9110, section 14.1); no `last` means to the end.
struct ByteRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;
};

/// Whether a request that failed in passing may be sent again.
enum class Retry {
  idempotent,  ///< GET, HEAD, PUT, DELETE, OPTIONS: yes. Others: only if the server has not seen
               ///< it.
  always,      ///< The caller knows that a second sending does no harm.
  never,
};

inline constexpr std::uint32_t kStallLimitMs = 30'000;
inline constexpr std::uint32_t kConnectTimeoutMs = 15'000;
inline constexpr std::uint64_t kDefaultBodyLimitBytes = 16ull << 20;

struct Request {
  std::string method = "GET";
  /// http or https. A user and password inside become Basic authorization unless there is one.
  std::string url;
  /// Names and values without control characters. Content-Length, Transfer-Encoding, Host,
  /// Connection and Expect are ignored: framing is not the caller's.
  Headers headers;
  Body body;
  std::optional<ByteRange> range;

  Retry retry = Retry::idempotent;
  unsigned max_attempts = 5;  ///< sendings in all, at least 1; those that made progress don't count
  unsigned max_redirects = 10;                   ///< 0: a redirect is handed out as the answer
  std::uint32_t stall_limit_ms = kStallLimitMs;  ///< no byte either way for so long ends an attempt
  std::uint32_t connect_timeout_ms = kConnectTimeoutMs;
  /// First wait between attempts; doubles up to 20 s, jittered. Tests make it small.
  std::uint32_t backoff_ms = 500;
  /// Bound of the answer's body. Default: 16 MiB for send(), none for stream().
  std::optional<std::uint64_t> max_body_bytes;

  const StopToken* stop = nullptr;  ///< must outlive the call; a stop ends it within a second
  Progress* progress = nullptr;     ///< gets a note for each retry; bytes are not reported to it
};

/// The answer. Header names are as the server wrote them.
struct Response {
  int status = 0;
  Headers headers;
  /// The body that send() read. Of an answer outside 200..299 cut at 64 KiB, whichever call.
  std::string body;
  /// Where the answer came from, redirects followed; without credentials.
  std::string url;
  /// Of a 206: the first byte and the whole length from Content-Range ("*" means unknown).
  std::optional<std::uint64_t> range_first;
  std::optional<std::uint64_t> complete_length;

  bool ok() const { return status >= 200 && status < 300; }
  /// nullptr if absent.
  const std::string* header(std::string_view name) const { return find_header(headers, name); }
  /// Content-Length of the answer, if it had a plausible one.
  std::optional<std::uint64_t> content_length() const;
  /// The media type in lower case without parameters, "" if none.
  std::string content_type() const;
};

/// What the hub said about a failure: X-Error-Message, or "error"/"message" of a JSON body, or a
/// short text/plain body; "" if nothing fit for a person. Control characters are escaped.
std::string server_message(const Response& response);

/// The Error for an answer that is not the hoped-for one. `doing` reads like "upload xorb 3f9a".
/// Kinds: 401, 403 denied; 404, 410 not_found; 409, 412 conflict; 400, 405, 406, 411, 413, 414,
/// 416, 422 usage; 408, 429, 5xx network; a success or a redirect that should not be: corrupt.
[[nodiscard]] Error status_error(const Response& response, std::string_view doing);

}  // namespace mhub::net
