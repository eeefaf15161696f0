#include "journey.hpp"

#include <algorithm>

#include <mhub/base/text.hpp>

namespace mhub::net {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view each) { return equal_ignoring_case(name, each); });
}

bool is_secret(const Header& header) {
  return header.secret ||
         is_one_of(header.name, {"Authorization", "Cookie", "Proxy-Authorization"});
}

bool is_framing(std::string_view name) {
  return is_one_of(name, {"Content-Length", "Transfer-Encoding", "Host", "Connection", "Expect",
                          "TE", "Trailer", "Upgrade", "Range", "If-Range"});
}

/// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

void check_header(const Header& header) {
  if (!is_token(header.name)) {
    throw Error(ErrorKind::corrupt, "{} is no name for an HTTP header", printable(header.name));
  }
  for (const char c : header.value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
      throw Error(ErrorKind::corrupt, "the value of HTTP header {} holds a control character",
                  header.name);
    }
  }
}

std::string line_of(std::string_view name, std::string_view value) {
  // libcurl's notation: "Name:" takes a header away, "Name;" sends an empty one.
  if (value.empty()) return fmt::format("{};", name);
  return fmt::format("{}: {}", name, value);
}

std::string range_value(std::uint64_t first, std::optional<std::uint64_t> last) {
  return last ? fmt::format("bytes={}-{}", first, *last) : fmt::format("bytes={}-", first);
}

}  // namespace

Journey::Journey(const Request& request, const HttpSettings& settings)
    : request_(request),
      settings_(settings),
      first_url_(require_url(request.url)),
      method_(request.method),
      with_body_(request.body.present()) {
  if (!is_token(method_)) {
    throw Error(ErrorKind::usage, "{} is no HTTP method", printable(method_));
  }
  for (const Header& header : request.headers) {
    check_header(header);
    if (!is_framing(header.name)) first_headers_.push_back(header);
  }
  if (!first_url_.user.empty() && !find_header(first_headers_, "Authorization")) {
    first_headers_.push_back(basic_authorization(first_url_.user, first_url_.password));
  }
  first_url_.fragment.clear();
  url_ = first_url_;
  headers_ = first_headers_;
}

TransferPlan Journey::plan(bool accept_compressed, const std::optional<Resume>& resume) const {
  TransferPlan plan;
  plan.method = method_;
  plan.url = url_.str();
  plan.origin = url_.origin();
  plan.settings = settings_for(settings_, url_);
  plan.has_body = with_body_;
  if (with_body_) plan.body_size_bytes = request_.body.size_bytes();
  plan.accept_compressed = accept_compressed && !request_.range &&
                           (method_ == "GET" || method_ == "POST") &&
                           !find_header(headers_, "Accept-Encoding");
  plan.stall_limit_ms = request_.stall_limit_ms;
  plan.connect_timeout_ms = request_.connect_timeout_ms;

  // Waiting for "100 Continue" costs a second with servers that don't send it.
  plan.header_lines.push_back("Expect:");
  for (const Header& header : headers_) {
    plan.header_lines.push_back(line_of(header.name, header.value));
  }
  for (const std::string& line : plan.settings.extra_headers) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    Header header{line.substr(0, colon), line.substr(colon + 1), true};
    header.value.erase(0, header.value.find_first_not_of(" \t"));
    check_header(header);
    if (is_framing(header.name) || find_header(headers_, header.name)) continue;
    plan.header_lines.push_back(line_of(header.name, header.value));
  }
  const auto last = request_.range ? request_.range->last : std::nullopt;
  if (resume) {
    plan.header_lines.push_back(line_of("Range", range_value(resume->first_byte, last)));
    if (!resume->etag.empty()) plan.header_lines.push_back(line_of("If-Range", resume->etag));
  } else if (request_.range) {
    plan.header_lines.push_back(line_of("Range", range_value(request_.range->first, last)));
  }
  return plan;
}

bool Journey::follow(const Response& response) {
  const int status = response.status;
  if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
    return false;
  const std::string* location = response.header("Location");
  if (!location || request_.max_redirects == 0) return false;
  const std::string host = printable(url_.host_and_port());
  const auto target = resolve_reference(url_, *location);
  if (!target) {
    throw Error(ErrorKind::corrupt, "{} redirects to {}, which is no http or https URL", host,
                display_url(*location));
  }
  if (url_.scheme == "https" && target->scheme != "https") {
    throw Error(ErrorKind::denied, "{} redirects to {}, which is not encrypted", host,
                display_url(target->str()));
  }
  if (++redirects_ > request_.max_redirects) {
    throw Error(ErrorKind::network, "{} redirects in circles ({} times)", host,
                request_.max_redirects);
  }
  if (!same_origin(url_, *target)) std::erase_if(headers_, is_secret);
  if (status == 303 && method_ != "HEAD" && method_ != "GET") {
    method_ = "GET";
    with_body_ = false;
    std::erase_if(headers_, [](const Header& header) {
      return is_one_of(header.name, {"Content-Type", "Content-Encoding"});
    });
  }
  url_ = *target;
  url_.user.clear();
  url_.password.clear();
  url_.fragment.clear();
  return true;
}

void Journey::start_over() {
  // A 303 says that the request proper was done; only what it pointed at is asked for again.
  if (method_ != request_.method) return;
  url_ = first_url_;
  headers_ = first_headers_;
  redirects_ = 0;
}

std::unique_ptr<BodySource> Journey::open_body() const {
  return with_body_ ? request_.body.open() : nullptr;
}

}  // namespace mhub::net
