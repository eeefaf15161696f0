#pragma once
// A request as handlers see it, and what they answer.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <mhub/base/bytes.hpp>
#include <mhub/base/error.hpp>
#include <mhub/base/text.hpp>

#include "http/unique_fd.hpp"

namespace mhub::serve {

enum class Method { get, put, post, del, other };

using Header = std::pair<std::string, std::string>;

/// What arrived before the body. HEAD stands as get with `is_head`.
struct Request {
  Method method = Method::other;
  std::string method_text;
  bool is_head = false;
  std::string path;   ///< as sent, still escaped, without the query
  std::string query;  ///< as sent, without "?"
  std::vector<Header> headers;
  std::string request_id;
  std::string peer;      ///< where the connection comes from; for comparing, not for reading
  std::string base_url;  ///< "https://hub.example", without a slash at its end

  /// The first header of that name, in any case; empty if there is none.
  std::string_view header(std::string_view name) const;
  /// The decoded value of the first `name=` (or `name[]=`) in the query.
  std::optional<std::string> parameter(std::string_view name) const;
  std::vector<std::string> parameters(std::string_view name) const;
  /// From Content-Length; nothing for chunked bodies and without a body.
  std::optional<std::uint64_t> content_length() const;
};

/// Calls back once, from any thread. May outlive whom it wakes.
using Wake = std::function<void()>;

/// Bytes of a response that are produced as the client takes them. read() is called by the event
/// loop and must not block.
class BodyStream {
public:
  virtual ~BodyStream() = default;
  enum class Status { data, wait, end, failed };
  struct Result {
    Status status;
    std::size_t size_bytes = 0;  ///< for data, at least 1
  };
  /// Fills part of `out`. With `wait`, `wake` is called once there is more to say, by another
  /// thread or later, never from inside read(), and not under a lock that read() takes.
  virtual Result read(std::span<std::byte> out, const Wake& wake) = 0;
};

/// Part of a file, sent by sendfile where that is possible.
struct FileSlice {
  UniqueFd file;
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
};

struct Response {
  int status = 200;
  std::vector<Header> headers;
  std::variant<std::string, FileSlice, std::unique_ptr<BodyStream>> body;
  /// Length of a BodyStream; without it the answer is chunked.
  std::optional<std::uint64_t> stream_bytes;

  Response& with(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

/// Takes a request's body as it arrives. Functions are called by the event loop and must not block;
/// for `wake` the rules of BodyStream hold.
class BodySink {
public:
  virtual ~BodySink() = default;
  /// Takes up to bytes.size() bytes and says how many; with fewer, `wake` is called once there is
  /// room again. May throw Refused to end the request.
  virtual std::size_t write(ByteView bytes, const Wake& wake) = 0;
  /// The whole body has been given. The answer, or nothing and `wake` once there is one: finish()
  /// is then called again.
  virtual std::optional<Response> finish(const Wake& wake) = 0;
};

/// An answer other than success, thrown from wherever it becomes clear.
class Refused : public Error {
public:
  Refused(int status, std::string code, std::string message)
      : Error(kind_of(status), "{}", message), status_(status), code_(std::move(code)) {}
  Refused(int status, std::string message) : Refused(status, "", std::move(message)) {}
  int status() const { return status_; }
  /// For X-Error-Code; may be empty.
  const std::string& code() const { return code_; }

private:
  static ErrorKind kind_of(int status) {
    return status == 404                    ? ErrorKind::not_found
           : status == 401 || status == 403 ? ErrorKind::denied
           : status == 409                  ? ErrorKind::conflict
           : status == 503                  ? ErrorKind::busy
                                            : ErrorKind::usage;
  }
  int status_;
  std::string code_;
};

/// The HTTP status for an Error that no handler turned into an answer of its own. A file that is
/// missing or may not be opened is then the hub's fault, and so is never 404 or 403.
int status_for(const Error& error);

/// %XX decoded once; nothing for a malformed escape or one that gives NUL.
std::optional<std::string> percent_decode(std::string_view text);
/// Everything but unreserved characters as %XX; "/" is kept with `keep_slashes`.
std::string percent_encode(std::string_view text, bool keep_slashes = false);

std::int64_t unix_now();
/// "2026-01-31T12:00:00.000Z".
std::string timestamp(std::int64_t unix_s);

}  // namespace mhub::serve
