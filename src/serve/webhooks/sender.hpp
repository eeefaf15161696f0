#pragma once
// Tells webhooks what waits in the queue.

#include <chrono>
#include <list>
#include <mutex>

#include <mhub/base/progress.hpp>
#include <mhub/net/http_client.hpp>

#include "catalog/webhooks.hpp"
#include "http/task_pool.hpp"
#include "periodic.hpp"

namespace mhub::serve {

struct SenderOptions {
  bool may_reach_private = false;        ///< addresses that are not public (mhub/net/address.hpp)
  std::chrono::seconds first_retry{10};  ///< each further wait is six times as long, up to a day
  std::chrono::seconds longest_answer{30};  ///< from connecting to the end of the answer
};

/// Sends by POST, a few at a time, each until it is answered by 2xx or has failed kSendAttempts
/// times; answers that blame the message (4xx but 408, 425 and 429) and redirects, which are not
/// followed, end it at once. A delivery may be sent twice if the server stops in the middle of it.
class WebhookSender {
public:
  WebhookSender(WebhooksTable& table, const SenderOptions& options);
  ~WebhookSender();
  WebhookSender(const WebhookSender&) = delete;
  WebhookSender& operator=(const WebhookSender&) = delete;

  /// Something new may wait.
  void wake() { periodic_.wake(); }

private:
  using Clock = std::chrono::steady_clock;
  struct Running {
    Clock::time_point began;
    StopToken stop;
  };
  void look();
  void start(Delivery delivery);
  void send(const Delivery& delivery, const StopToken& stop) noexcept;

  WebhooksTable& table_;
  const SenderOptions options_;
  net::HttpClient client_;
  std::mutex mutex_;
  std::list<Running> running_;
  // Last, so that their threads end before what they use.
  TaskPool threads_;
  Periodic periodic_;
};

inline constexpr unsigned kSendAttempts = 7;

}  // namespace mhub::serve
