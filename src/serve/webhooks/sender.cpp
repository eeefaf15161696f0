#include "webhooks/sender.hpp"

#include <algorithm>

#include <mhub/base/log.hpp>

#include "http/message.hpp"

namespace mhub::serve {

namespace {

constexpr std::size_t kAtOnce = 4;
constexpr std::chrono::milliseconds kLookEvery{1000};
/// Longer than any sending takes; after a crash others are tried again when it is over.
constexpr std::int64_t kLeaseS = 300;
constexpr std::uint32_t kConnectTimeoutMs = 10'000;
constexpr std::uint32_t kStallLimitMs = 15'000;
constexpr std::uint64_t kAnswerBytesAtMost = 64 << 10;
constexpr std::chrono::seconds kLongestWait = std::chrono::hours(24);

net::HttpSettings settings_of(const SenderOptions& options) {
  net::HttpSettings settings;
  settings.user_agent = "mhub-webhook";
  settings.only_public_addresses = !options.may_reach_private;
  settings.connections_total = kAtOnce;
  return settings;
}

bool is_worth_repeating(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

/// What came of one sending.
enum class Outcome { told, failed, refused };

}  // namespace

WebhookSender::WebhookSender(WebhooksTable& table, const SenderOptions& options)
    : table_(table),
      options_(options),
      client_(settings_of(options)),
      threads_(kAtOnce),
      periodic_(kLookEvery, [this] { look(); }) {}

WebhookSender::~WebhookSender() {
  periodic_.stop();
  {
    const std::lock_guard guard(mutex_);
    for (Running& running : running_) running.stop.request_stop();
  }
  threads_.stop();
}

void WebhookSender::look() {
  std::size_t places = 0;
  {
    const std::lock_guard guard(mutex_);
    for (Running& running : running_) {
      if (Clock::now() - running.began > options_.longest_answer) running.stop.request_stop();
    }
    places = kAtOnce - std::min(kAtOnce, running_.size());
  }
  if (places == 0) return;
  try {
    const std::int64_t now = unix_now();
    for (Delivery& delivery : table_.take_due(now, now + kLeaseS, places))
      start(std::move(delivery));
  } catch (const std::exception& error) {
    log_warning("webhooks cannot be told: {}", error.what());
  }
}

void WebhookSender::start(Delivery delivery) {
  std::list<Running>::iterator running;
  {
    const std::lock_guard guard(mutex_);
    running = running_.emplace(running_.end());
    running->began = Clock::now();
  }
  threads_.post([this, running, delivery = std::move(delivery)] {
    send(delivery, running->stop);
    {
      const std::lock_guard guard(mutex_);
      running_.erase(running);
    }
    // Another may take the place.
    periodic_.wake();
  });
}

void WebhookSender::send(const Delivery& delivery, const StopToken& stop) noexcept {
  Outcome outcome = Outcome::failed;
  try {
    net::Request request;
    request.method = "POST";
    request.url = delivery.url;
    request.headers.push_back({"Content-Type", "application/json", false});
    if (!delivery.secret.empty())
      request.headers.push_back({"X-Webhook-Secret", delivery.secret, true});
    request.body = net::Body::of(delivery.body);
    request.retry = net::Retry::never;
    request.max_attempts = 1;
    request.max_redirects = 0;
    request.connect_timeout_ms = kConnectTimeoutMs;
    request.stall_limit_ms = kStallLimitMs;
    request.max_body_bytes = kAnswerBytesAtMost;
    request.stop = &stop;
    const net::Response answer = client_.send(request);
    outcome = answer.ok()                         ? Outcome::told
              : is_worth_repeating(answer.status) ? Outcome::failed
                                                  : Outcome::refused;
    if (outcome != Outcome::told)
      log_info("webhook {} answered {}", delivery.webhook_id, answer.status);
  } catch (const Error& error) {
    // An answer that is too long or makes no sense is an answer.
    if (error.kind() == ErrorKind::corrupt) outcome = Outcome::refused;
    log_info("webhook {} was not reached: {}", delivery.webhook_id, error.message());
  } catch (const std::exception& error) {
    log_warning("webhook {}: {}", delivery.webhook_id, error.what());
  }
  try {
    if (outcome == Outcome::failed && delivery.attempts + 1 < kSendAttempts) {
      std::chrono::seconds wait = options_.first_retry;
      for (unsigned i = 0; i < delivery.attempts; ++i) wait = std::min(6 * wait, kLongestWait);
      table_.put_off(delivery.id, unix_now() + wait.count());
    } else {
      if (outcome != Outcome::told)
        log_warning("webhook {} is not told of a change, after {} attempts", delivery.webhook_id,
                    delivery.attempts + 1);
      table_.drop(delivery.id);
    }
  } catch (const std::exception& error) {
    log_warning("webhook {}: {}", delivery.webhook_id, error.what());
  }
}

}  // namespace mhub::serve
