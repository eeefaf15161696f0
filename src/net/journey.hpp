#pragma once
// Where a request stands: after redirects it has another URL, perhaps another method, and fewer
// headers than its caller gave it.

#include <optional>
#include <string>

#include <mhub/net/http_message.hpp>
#include <mhub/net/http_settings.hpp>

#include "transfer_loop.hpp"

namespace mhub::net {

/// Goes on with an answer that broke off.
struct Resume {
  std::uint64_t first_byte = 0;  ///< of the whole resource
  std::string etag;              ///< strong, or empty
};

class Journey {
public:
  /// Checks method, URL and headers. Throws Error: usage (URL, method), corrupt (a header that
  /// would break the framing; header values often come from a hub's answer).
  Journey(const Request& request, const HttpSettings& settings);

  /// The plan of the next attempt.
  TransferPlan plan(bool accept_compressed, const std::optional<Resume>& resume) const;

  /// Goes where `response` points; false if it is no redirect to be followed. Throws Error: denied
  /// (from https to http), corrupt (no usable Location), network (too many).
  bool follow(const Response& response);
  /// Back to the first URL for another attempt (what a redirect pointed at may have expired).
  void start_over();

  const std::string& method() const { return method_; }
  const Url& url() const { return url_; }
  /// A fresh source for the body, null if none is to be sent.
  std::unique_ptr<BodySource> open_body() const;

private:
  const Request& request_;
  const HttpSettings& settings_;
  Url first_url_;
  Headers first_headers_;
  Url url_;
  Headers headers_;
  std::string method_;
  bool with_body_;
  unsigned redirects_ = 0;
};

}  // namespace mhub::net
