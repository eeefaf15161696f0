// Retries, redirects and resumption, written as plain blocking code on the caller's thread; the
// transfers themselves belong to the loop's.

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>

#include <mhub/net/backoff.hpp>
#include <mhub/net/http_client.hpp>

#include "caller_side.hpp"
#include "journey.hpp"
#include "retry_policy.hpp"

namespace mhub::net {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kErrorBodyMaxBytes = 64 * 1024;
constexpr auto kErrorBodyMaxWait = std::chrono::seconds(5);
/// An attempt that moved so much was worth its while, and the count of attempts begins anew.
constexpr std::uint64_t kProgressMinBytes = 1 << 20;

/// Counts the attempts of one call and waits between them.
class RetryBudget {
public:
  explicit RetryBudget(const Request& request) : request_(request) {}

  bool fresh_connection() const { return fresh_connection_; }

  /// After an attempt without an answer: waits and returns true if there is another try.
  bool again(const Failure& failure, const Error& error) {
    fresh_connection_ = true;
    const bool was_stale =
        failure.connection_reused && !failure.peer_spoke && failure.ending == Ending::broken;
    if (was_stale && !forgave_stale_) {
      forgave_stale_ = true;
      return true;
    }
    return wait_for_another(error.message(), std::nullopt);
  }

  /// After an answer that says "later".
  bool again(const Response& response) {
    std::optional<std::uint64_t> wait_ms;
    if (const std::string* text = response.header("Retry-After")) {
      wait_ms = parse_retry_after(*text, std::time(nullptr));
      if (wait_ms && *wait_ms > kRetryAfterMaxMs) return false;
    }
    const auto url = parse_url(response.url);
    return wait_for_another(
        fmt::format("{} answered {}", printable(url ? url->host_and_port() : "the server"),
                    response.status),
        wait_ms);
  }

  void made_progress() { attempts_ = 0; }

private:
  bool wait_for_another(const std::string& reason, std::optional<std::uint64_t> wanted_ms) {
    if (attempts_ + 1 >= std::max(1u, request_.max_attempts)) return false;
    std::uint64_t wait_ms = backoff_ms(request_.backoff_ms, attempts_, dice());
    // Not all clients that were told the same second should come back in it.
    if (wanted_ms) wait_ms = *wanted_ms + backoff_ms(request_.backoff_ms, 0, dice()) / 2;
    ++attempts_;
    if (request_.progress) {
      request_.progress->note(fmt::format("{}; try {} of {} in {:.1f} s", reason, attempts_ + 1,
                                          request_.max_attempts,
                                          static_cast<double>(wait_ms) / 1000.0));
    }
    pause(wait_ms, request_.stop ? *request_.stop : never_stopped());
    return true;
  }

  const Request& request_;
  unsigned attempts_ = 0;
  bool fresh_connection_ = false;
  bool forgave_stale_ = false;
};

/// An answer whose body, if it is a 2xx, is still to be read from `side`.
struct Started {
  std::unique_ptr<CallerSide> side;  ///< null if the answer is complete
  Response response;
};

/// Reads a body that nobody streams: an error's words, or what a redirect says. Its failures are of
/// no interest.
std::string read_error_body(CallerSide& side) {
  side.stop_feeding();
  std::string text;
  Bytes part;
  const auto deadline = Clock::now() + kErrorBodyMaxWait;
  while (text.size() < kErrorBodyMaxBytes && side.next(part, deadline)) {
    text += as_text(part);
  }
  text.resize(std::min(text.size(), kErrorBodyMaxBytes));
  return text;
}

/// Sends, follows and retries until an answer is there that the caller should see.
Started start(TransferLoop& loop, const Request& request, Journey& journey, RetryBudget& budget,
              bool accept_compressed, const std::optional<Resume>& resume) {
  for (;;) {
    TransferPlan plan = journey.plan(accept_compressed, resume);
    plan.fresh_connection = budget.fresh_connection();
    auto side =
        std::make_unique<CallerSide>(loop, std::move(plan), request.stop, journey.open_body());
    if (!side->wait_head()) {
      const Failure failure = side->failure();
      Error error = side->transport_error();
      if (!may_retry(request, journey.method(), failure) || !budget.again(failure, error)) {
        throw error;
      }
      journey.start_over();
      continue;
    }
    Response response = side->head();
    if (response.ok()) return {std::move(side), std::move(response)};
    response.body = read_error_body(*side);
    if (journey.follow(response)) continue;
    if (may_retry(request, journey.method(), response) && budget.again(response)) {
      journey.start_over();
      continue;
    }
    return {nullptr, std::move(response)};
  }
}

[[noreturn]] void throw_too_long(const Response& response, std::uint64_t limit_bytes) {
  throw Error(ErrorKind::corrupt, "the answer to {} is longer than {} bytes",
              display_url(response.url), limit_bytes);
}

std::string strong_etag(const Response& response) {
  const std::string* etag = response.header("ETag");
  if (!etag || etag->size() < 2 || etag->front() != '"') return {};
  return *etag;
}

/// A streamed download across several connections: what came so far, and how to go on.
class Download {
public:
  Download(const Request& request, const HttpClient::OnData& on_data,
           const HttpClient::OnHead& on_head)
      : request_(request), on_data_(on_data), on_head_(on_head) {}

  /// Takes the head of the first or a later answer. Throws if a later one is of something else.
  void begin(const Response& response) {
    if (started_) {
      go_on_with(response);
      return;
    }
    if (request_.range && response.status == 206 && response.range_first != request_.range->first) {
      throw Error(ErrorKind::corrupt, "{} was asked for bytes from {} and sent others",
                  display_url(response.url), request_.range->first);
    }
    const auto length = response.content_length();
    if (request_.max_body_bytes && length && *length > *request_.max_body_bytes) {
      throw_too_long(response, *request_.max_body_bytes);
    }
    started_ = true;
    first_ = response;
    if (on_head_) on_head_(first_);
  }

  void take(ByteView bytes) {
    const auto skipped =
        static_cast<std::size_t>(std::min<std::uint64_t>(skip_bytes_, bytes.size()));
    skip_bytes_ -= skipped;
    bytes = bytes.subspan(skipped);
    if (bytes.empty()) return;
    if (request_.max_body_bytes && bytes.size() > *request_.max_body_bytes - delivered_bytes_) {
      throw_too_long(first_, *request_.max_body_bytes);
    }
    delivered_bytes_ += bytes.size();
    on_data_(bytes);
  }

  /// The last answer ended where it should. Throws if what several of them gave together is not as
  /// long as the first one said.
  void end() const {
    const auto length = first_.content_length();
    if (resumed_ && length && *length != delivered_bytes_) throw_changed(first_);
  }

  std::uint64_t delivered_bytes() const { return delivered_bytes_; }
  bool can_go_on(const std::string& method) const {
    return delivered_bytes_ == 0 || (method == "GET" && !first_.header("Content-Encoding"));
  }
  /// Nothing if the next answer should be the whole again.
  std::optional<Resume> resume() const {
    if (delivered_bytes_ == 0) return std::nullopt;
    return Resume{resource_position(), strong_etag(first_)};
  }
  const Response& first() const { return first_; }

private:
  std::uint64_t resource_position() const {
    return first_.range_first.value_or(0) + delivered_bytes_;
  }

  void go_on_with(const Response& response) {
    resumed_ = delivered_bytes_ > 0;
    skip_bytes_ = 0;
    const std::string before = strong_etag(first_);
    const std::string now = strong_etag(response);
    const bool same = before.empty() || now.empty() || before == now;
    if (response.status == 206 && delivered_bytes_ > 0) {
      const auto whole_before = complete_length(first_);
      const auto whole_now = complete_length(response);
      const bool same_length = !whole_before || !whole_now || whole_before == whole_now;
      if (same && same_length && response.range_first == resource_position()) return;
    } else if (response.status == first_.status && same &&
               response.content_length() == first_.content_length()) {
      // The server doesn't know Range, or nothing had come: the same bytes from the front.
      skip_bytes_ = delivered_bytes_;
      return;
    }
    throw_changed(response);
  }

  /// Of the whole resource, of which a 206 is a part.
  static std::optional<std::uint64_t> complete_length(const Response& response) {
    return response.status == 206 ? response.complete_length : response.content_length();
  }

  [[noreturn]] static void throw_changed(const Response& response) {
    throw Error(ErrorKind::network, "{} changed while it was being read",
                display_url(response.url));
  }

  const Request& request_;
  const HttpClient::OnData& on_data_;
  const HttpClient::OnHead& on_head_;
  bool started_ = false;
  bool resumed_ = false;
  Response first_;
  std::uint64_t delivered_bytes_ = 0;
  std::uint64_t skip_bytes_ = 0;
};

}  // namespace

HttpClient::HttpClient(HttpSettings settings)
    : settings_(std::move(settings)),
      loop_(std::make_unique<TransferLoop>(settings_.connections_per_host,
                                           settings_.connections_total)) {}
HttpClient::~HttpClient() = default;

Response HttpClient::send(const Request& request) {
  Journey journey(request, settings_);
  RetryBudget budget(request);
  const std::uint64_t limit_bytes = request.max_body_bytes.value_or(kDefaultBodyLimitBytes);
  for (;;) {
    Started started = start(*loop_, request, journey, budget, true, std::nullopt);
    Response& response = started.response;
    if (!started.side) return std::move(response);
    if (request.method != "HEAD" && response.content_length().value_or(0) > limit_bytes) {
      throw_too_long(response, limit_bytes);
    }
    Bytes part;
    while (started.side->next(part)) {
      if (part.size() > limit_bytes - response.body.size()) throw_too_long(response, limit_bytes);
      response.body += as_text(part);
    }
    if (started.side->ending() == Ending::complete) return std::move(response);
    const Failure failure = started.side->failure();
    Error error = started.side->transport_error();
    if (!may_retry(request, journey.method(), failure) || !budget.again(failure, error))
      throw error;
    journey.start_over();
  }
}

Response HttpClient::stream(const Request& request, const OnData& on_data, const OnHead& on_head) {
  Journey journey(request, settings_);
  RetryBudget budget(request);
  Download download(request, on_data, on_head);
  for (;;) {
    const std::uint64_t before_bytes = download.delivered_bytes();
    Started started = start(*loop_, request, journey, budget, false, download.resume());
    if (!started.side) {
      if (download.delivered_bytes() == 0) return std::move(started.response);
      throw status_error(started.response, "go on reading " + display_url(request.url));
    }
    download.begin(started.response);
    Bytes part;
    while (started.side->next(part)) download.take(part);
    if (started.side->ending() == Ending::complete) {
      download.end();
      return download.first();
    }

    const Failure failure = started.side->failure();
    Error error = started.side->transport_error();
    if (download.delivered_bytes() - before_bytes >= kProgressMinBytes) budget.made_progress();
    if (!download.can_go_on(journey.method()) || !may_retry(request, journey.method(), failure) ||
        !budget.again(failure, error)) {
      throw error;
    }
    journey.start_over();
  }
}

struct HttpExchange::State {
  std::unique_ptr<CallerSide> side;
  Response response;
  bool has_head = false;
  Bytes arrived;
  std::size_t taken_bytes = 0;
};

HttpExchange::HttpExchange(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpExchange::~HttpExchange() = default;
HttpExchange::HttpExchange(HttpExchange&&) noexcept = default;
HttpExchange& HttpExchange::operator=(HttpExchange&&) noexcept = default;

HttpExchange HttpClient::open(const Request& request, bool push_body) {
  Journey journey(request, settings_);
  auto state = std::make_unique<HttpExchange::State>();
  if (push_body) {
    TransferPlan plan = journey.plan(false, std::nullopt);
    plan.has_body = true;
    plan.body_size_bytes = std::nullopt;
    // What is pushed cannot be pushed twice, so a kept connection that may be stale is no choice.
    plan.fresh_connection = true;
    state->side = std::make_unique<CallerSide>(*loop_, std::move(plan), request.stop, nullptr);
  } else {
    RetryBudget budget(request);
    Started started = start(*loop_, request, journey, budget, false, std::nullopt);
    state->side = std::move(started.side);
    state->response = std::move(started.response);
    state->has_head = true;
    append(state->arrived, as_bytes(state->response.body));
  }
  return HttpExchange(std::move(state));
}

void HttpExchange::write(ByteView bytes) {
  if (state_->side->push(bytes)) return;
  // An early answer (a refusal) is for head() to show; anything else is lost.
  if (!state_->side->wait_head()) throw state_->side->transport_error();
}

void HttpExchange::finish() {
  state_->side->finish_push();
}

const Response& HttpExchange::head() {
  if (!state_->has_head) {
    if (!state_->side->wait_head()) throw state_->side->transport_error();
    state_->response = state_->side->head();
    state_->has_head = true;
  }
  return state_->response;
}

std::size_t HttpExchange::read(std::span<std::byte> room) {
  (void)head();
  State& state = *state_;
  if (state.taken_bytes == state.arrived.size()) {
    state.taken_bytes = 0;
    state.arrived.clear();
    if (!state.side) return 0;
    if (!state.side->next(state.arrived)) {
      // A refusal may come with a reset, as of a server that did not take the whole body; what
      // arrived of it counts.
      if (state.response.ok() && state.side->ending() != Ending::complete) {
        throw state.side->transport_error();
      }
      return 0;
    }
  }
  const std::size_t count = std::min(room.size(), state.arrived.size() - state.taken_bytes);
  if (count > 0) std::memcpy(room.data(), state.arrived.data() + state.taken_bytes, count);
  state.taken_bytes += count;
  return count;
}

}  // namespace mhub::net
