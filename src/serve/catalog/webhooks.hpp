#pragma once
// Who wants to be told of what happens to which repositories, and what has yet to be told: a queue
// that outlives the server.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mhub/sqlite/database.hpp>
#include <mhub/wire/repo_name.hpp>

namespace mhub::serve {

/// A repository ("model", "dataset", "space" and "owner/name") or all of somebody ("user", "org"
/// and the name).
struct WatchedItem {
  std::string type;
  std::string name;
  bool operator==(const WatchedItem&) const = default;
};

struct Webhook {
  std::int64_t id = 0;
  std::int64_t user_id = 0;
  std::string url;
  std::string secret;  ///< may be empty
  bool of_repos = true;
  bool of_discussions = true;
  bool is_disabled = false;
  std::vector<WatchedItem> watched;
};

/// One thing to tell one webhook.
struct Delivery {
  std::int64_t id = 0;
  std::int64_t webhook_id = 0;
  std::string url;
  std::string secret;
  std::string body;
  unsigned attempts = 0;  ///< that have failed
};

inline constexpr std::size_t kWebhooksOfUser = 100;
inline constexpr std::size_t kQueuedOfWebhook = 1000;
inline constexpr std::uint64_t kQueuedBytesOfWebhook = std::uint64_t{8} << 20;
inline constexpr std::size_t kQueuedInAll = 20000;
inline constexpr std::uint64_t kQueuedBytesInAll = std::uint64_t{128} << 20;

/// Threads and processes may share it. Throws Error: io, corrupt, busy.
class WebhooksTable {
public:
  virtual ~WebhooksTable() = default;

  /// Nothing if the user has kWebhooksOfUser already.
  virtual std::optional<Webhook> add(const Webhook& webhook) = 0;
  virtual std::optional<Webhook> find(std::int64_t user, std::int64_t id) = 0;
  virtual std::vector<Webhook> list(std::int64_t user) = 0;
  /// All but id and user.
  virtual void update(const Webhook& webhook) = 0;
  /// With what has yet to be told to it.
  virtual void remove(std::int64_t user, std::int64_t id) = 0;

  /// Those that are not disabled and watch the repository or its owner.
  virtual std::vector<Webhook> watching(const wire::RepoName& repo) = 0;

  /// False if the queue is full.
  virtual bool enqueue(std::int64_t webhook, const std::string& body) = 0;
  /// Due ones of webhooks that are not disabled. Until `leased_until_unix_s` nobody else gets them.
  virtual std::vector<Delivery> take_due(std::int64_t now_unix_s, std::int64_t leased_until_unix_s,
                                         std::size_t limit) = 0;
  virtual void drop(std::int64_t delivery) = 0;
  /// One more attempt has failed.
  virtual void put_off(std::int64_t delivery, std::int64_t due_unix_s) = 0;
};

std::unique_ptr<WebhooksTable> sqlite_webhooks(std::shared_ptr<sqlite::Database> database);

}  // namespace mhub::serve
