#include "transfer_loop.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <thread>

#include <curl/curl.h>
#include <sys/socket.h>

#include <mhub/base/c_handle.hpp>
#include <mhub/base/error.hpp>
#include <mhub/base/synchronized.hpp>
#include <mhub/base/text.hpp>
#include <mhub/net/address.hpp>

namespace mhub::net {
namespace {

using Clock = std::chrono::steady_clock;
using CurlEasy = CHandle<CURL, curl_easy_cleanup>;
using CurlMulti = CHandle<CURLM, curl_multi_cleanup>;
using CurlShare = CHandle<CURLSH, curl_share_cleanup>;
using CurlList = CHandle<curl_slist, curl_slist_free_all>;

constexpr int kPollMs = 200;
constexpr int kIdlePollMs = 10'000;
/// One for each transfer under way, and what one transfer may hand over beyond its room.
constexpr long kReceiveBytes = 256 * 1024;
constexpr long kSendBytes = 256 * 1024;
// Kept shorter than the idle limit of common servers and proxies, so that a request seldom meets a
// connection that is just being closed.
constexpr long kIdleConnectionMaxSeconds = 45;

void require_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) {
    throw Error(ErrorKind::internal, "libcurl does not start: {}", curl_easy_strerror(code));
  }
}

/// A transfer that curl is working on. Address-stable: curl holds a pointer to it.
struct Active {
  std::shared_ptr<Transfer> transfer;
  CurlList header_list;  // outlives the handle that reads it
  CurlEasy easy;
  char error_text[CURL_ERROR_SIZE] = {};
  std::size_t head_bytes = 0;
  bool dirty = false;     ///< the caller has news to be told
  bool nonsense = false;  ///< the head was refused
  Clock::time_point last_byte = Clock::now();
  curl_off_t bytes_down = 0;
  curl_off_t bytes_up = 0;
};

constexpr std::string_view kSpace = " \t\r\n";

/// 0 if `line` is no status line.
int status_of_line(std::string_view line) {
  if (line.substr(0, 5) != "HTTP/") return 0;
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  int status = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  return status;
}

extern "C" {

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) noexcept {
  auto& active = *static_cast<Active*>(user);
  Transfer& transfer = *active.transfer;
  const std::string_view line(data, size * count);
  active.last_byte = Clock::now();
  active.head_bytes += line.size();
  if (active.head_bytes > kHeadMaxBytes) {
    active.nonsense = true;
    return 0;
  }
  try {
    const std::lock_guard guard(transfer.mutex);
    transfer.peer_spoke = true;
    if (transfer.head_complete) return line.size();  // trailers
    if (const int status = status_of_line(line); status != 0) {
      transfer.status = status;
      transfer.headers.clear();
    } else if (trimmed(line, kSpace).empty()) {
      if (transfer.status >= 200) {
        transfer.head_complete = true;
        active.dirty = true;
      }
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      transfer.headers.push_back({std::string(trimmed(line.substr(0, colon), kSpace)),
                                  std::string(trimmed(line.substr(colon + 1), kSpace)), false});
    }
    return line.size();
  } catch (...) {  // out of memory
    active.nonsense = true;
    return 0;
  }
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) noexcept {
  auto& active = *static_cast<Active*>(user);
  Transfer& transfer = *active.transfer;
  const std::size_t bytes = size * count;
  active.last_byte = Clock::now();
  try {
    const std::lock_guard guard(transfer.mutex);
    active.dirty = true;
    if (transfer.incoming.size() >= kTransferBufferBytes + kReceiveBytes) {
      // Only a body that decompresses to many times its size comes here.
      transfer.receive_paused = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    append(transfer.incoming, std::as_bytes(std::span(data, bytes)));
    if (transfer.incoming.size() >= kTransferBufferBytes && !transfer.receive_paused) {
      // Bytes taken before the pause: what CURL_WRITEFUNC_PAUSE refuses, libcurl copies aside, and
      // again at each pause in the middle of handing that over.
      transfer.receive_paused = true;
      curl_easy_pause(active.easy.get(),
                      CURLPAUSE_RECV | (transfer.send_paused ? CURLPAUSE_SEND : 0));
    }
    return bytes;
  } catch (...) {
    active.nonsense = true;
    return CURL_WRITEFUNC_ERROR;
  }
}

std::size_t on_upload(char* room, std::size_t size, std::size_t count, void* user) noexcept {
  auto& active = *static_cast<Active*>(user);
  Transfer& transfer = *active.transfer;
  const std::lock_guard guard(transfer.mutex);
  const std::size_t waiting = transfer.outgoing.size() - transfer.outgoing_taken_bytes;
  const std::size_t bytes = std::min(waiting, size * count);
  if (bytes == 0) {
    if (transfer.outgoing_finished) return 0;
    transfer.send_paused = true;
    active.dirty = true;
    return CURL_READFUNC_PAUSE;
  }
  std::memcpy(room, transfer.outgoing.data() + transfer.outgoing_taken_bytes, bytes);
  transfer.outgoing_taken_bytes += bytes;
  if (transfer.outgoing_taken_bytes == transfer.outgoing.size()) {
    transfer.outgoing.clear();
    transfer.outgoing_taken_bytes = 0;
  }
  active.dirty = true;
  return bytes;
}

/// Bytes that were handed over are gone; whoever made the request starts the body again.
int on_rewind(void*, curl_off_t, int) noexcept {
  return CURL_SEEKFUNC_FAIL;
}

int on_progress(void* user, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up) noexcept {
  auto& active = *static_cast<Active*>(user);
  if (down != active.bytes_down || up != active.bytes_up) {
    active.bytes_down = down;
    active.bytes_up = up;
    active.last_byte = Clock::now();
  }
  return 0;
}

/// The address that a name has led to, right before it is connected to.
curl_socket_t open_public_socket(void*, curlsocktype purpose, curl_sockaddr* address) noexcept {
  if (purpose != CURLSOCKTYPE_IPCXN || !is_public_address(address->addr)) return CURL_SOCKET_BAD;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // extern "C"

Ending ending_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return Ending::complete;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Ending::no_host;
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PROXY:
      return Ending::no_connect;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return Ending::not_trusted;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN:
      return Ending::bad_setting;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return Ending::nonsense;
    default:
      return Ending::broken;
  }
}

void set_method(CURL* easy, const TransferPlan& plan) {
  if (plan.has_body) {
    // UPLOAD frames any method's body: Content-Length if known, else chunked.
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kSendBytes);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                     plan.body_size_bytes ? static_cast<curl_off_t>(*plan.body_size_bytes)
                                          : static_cast<curl_off_t>(-1));
    if (plan.method != "PUT") curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, plan.method.c_str());
  } else if (plan.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (plan.method != "GET") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, plan.method.c_str());
  }
}

void set_settings(CURL* easy, const EffectiveSettings& settings) {
  const auto text = [&](CURLoption option, const std::string& value) {
    if (!value.empty()) curl_easy_setopt(easy, option, value.c_str());
  };
  if (settings.only_public_addresses)
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_public_socket);
  if (settings.proxy) curl_easy_setopt(easy, CURLOPT_PROXY, settings.proxy->c_str());
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, settings.ssl_verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, settings.ssl_verify ? 2L : 0L);
  text(CURLOPT_CAINFO, settings.ca_info);
  text(CURLOPT_CAPATH, settings.ca_path);
  text(CURLOPT_SSLCERT, settings.ssl_cert);
  text(CURLOPT_SSLKEY, settings.ssl_key);
  text(CURLOPT_USERAGENT, settings.user_agent);
}

CurlList make_list(const std::vector<std::string>& lines) {
  CurlList list;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (!longer) throw std::bad_alloc();
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

std::unique_ptr<Active> make_active(std::shared_ptr<Transfer> transfer, CURLSH* share) {
  auto active = std::make_unique<Active>();
  active->transfer = std::move(transfer);
  active->easy.reset(curl_easy_init());
  if (!active->easy) throw std::bad_alloc();
  const TransferPlan& plan = active->transfer->plan;
  CURL* easy = active->easy.get();
  active->header_list = make_list(plan.header_lines);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, active.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, active->error_text);
  curl_easy_setopt(easy, CURLOPT_SHARE, share);
  curl_easy_setopt(easy, CURLOPT_URL, plan.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, active->header_list.get());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // Without it, taking a transfer away waits for its name lookup, which nothing bounds.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, kIdleConnectionMaxSeconds);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReceiveBytes);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(plan.connect_timeout_ms));
  if (plan.fresh_connection) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  if (plan.accept_compressed) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  set_method(easy, plan);
  set_settings(easy, plan.settings);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, active.get());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, active.get());
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
  curl_easy_setopt(easy, CURLOPT_READDATA, active.get());
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_rewind);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, active.get());
  return active;
}

}  // namespace

class TransferLoop::Impl {
public:
  Impl(unsigned per_host, unsigned total) : per_host_(per_host), total_(total) {
    require_curl();
    multi_.reset(curl_multi_init());
    share_.reset(curl_share_init());
    if (!multi_ || !share_) throw std::bad_alloc();
    curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(total));
    curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    stopping_.store(true);
    curl_multi_wakeup(multi_.get());
    thread_.join();
  }

  enum class Ask { submit, resume, cancel };

  void tell(Ask ask, std::shared_ptr<Transfer> transfer) {
    asked_.with([&](auto& list) { list.push_back({ask, std::move(transfer)}); });
    curl_multi_wakeup(multi_.get());
  }

private:
  struct Asked {
    Ask ask;
    std::shared_ptr<Transfer> transfer;
  };

  void run() noexcept {
    while (!stopping_.load()) {
      obey();
      admit();
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      reap();
      tell_callers();
      end_stalled();
      admit();  // into the places that have just become free
      // With nothing under way only a wake-up can bring work.
      curl_multi_poll(multi_.get(), nullptr, 0, active_.empty() ? kIdlePollMs : kPollMs, nullptr);
    }
    obey();
    for (const auto& transfer : waiting_) finish(*transfer, Ending::cancelled, "");
    while (!active_.empty()) end(active_.begin(), Ending::cancelled, "");
  }

  void obey() {
    std::vector<Asked> asked;
    asked_.with([&](auto& list) { asked.swap(list); });
    for (Asked& each : asked) {
      switch (each.ask) {
        case Ask::submit:
          waiting_.push_back(std::move(each.transfer));
          break;
        case Ask::resume:
          if (const auto found = find(each.transfer); found != active_.end()) go_on(**found);
          break;
        case Ask::cancel:
          drop(each.transfer);
          break;
      }
    }
  }

  using ActiveList = std::list<std::unique_ptr<Active>>;

  ActiveList::iterator find(const std::shared_ptr<Transfer>& transfer) {
    return std::find_if(active_.begin(), active_.end(),
                        [&](const auto& active) { return active->transfer == transfer; });
  }

  static void go_on(Active& active) {
    {
      const std::lock_guard guard(active.transfer->mutex);
      active.transfer->receive_paused = false;
      active.transfer->send_paused = false;
    }
    active.last_byte = Clock::now();
    curl_easy_pause(active.easy.get(), CURLPAUSE_CONT);
  }

  void drop(const std::shared_ptr<Transfer>& transfer) {
    if (const auto found = find(transfer); found != active_.end()) {
      end(found, Ending::cancelled, "");
      return;
    }
    const auto queued = std::find(waiting_.begin(), waiting_.end(), transfer);
    if (queued == waiting_.end()) return;
    finish(*transfer, Ending::cancelled, "");
    waiting_.erase(queued);
  }

  void admit() {
    for (auto next = waiting_.begin(); next != waiting_.end() && active_.size() < total_;) {
      unsigned& at_host = active_at_[(*next)->plan.origin];
      if (at_host >= per_host_) {
        ++next;
        continue;
      }
      const std::shared_ptr<Transfer> transfer = std::move(*next);
      next = waiting_.erase(next);
      try {
        active_.push_back(make_active(transfer, share_.get()));
      } catch (...) {
        finish(*transfer, Ending::bad_setting, "out of memory");
        continue;
      }
      ++at_host;
      if (curl_multi_add_handle(multi_.get(), active_.back()->easy.get()) != CURLM_OK) {
        end(std::prev(active_.end()), Ending::bad_setting, "libcurl refuses the request");
      }
    }
  }

  void reap() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      char* user = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
      const auto found = std::find_if(active_.begin(), active_.end(), [&](const auto& active) {
        return static_cast<void*>(active.get()) == static_cast<void*>(user);
      });
      if (found == active_.end()) continue;
      const Ending ending = (*found)->nonsense ? Ending::nonsense : ending_of(code);
      const std::string detail =
          (*found)->error_text[0] != 0 ? (*found)->error_text : curl_easy_strerror(code);
      end(found, ending, detail);
    }
  }

  void tell_callers() {
    for (const auto& active : active_) {
      if (!active->dirty) continue;
      active->dirty = false;
      active->transfer->changed.notify_all();
    }
  }

  void end_stalled() {
    const auto now = Clock::now();
    for (auto next = active_.begin(); next != active_.end();) {
      const auto current = next++;
      Active& active = **current;
      {
        const std::lock_guard guard(active.transfer->mutex);
        const Transfer& transfer = *active.transfer;
        if ((transfer.receive_paused || transfer.send_paused) && !transfer.caller_waits) {
          active.last_byte = now;
        }
      }
      const auto limit = std::chrono::milliseconds(active.transfer->plan.stall_limit_ms);
      if (now - active.last_byte >= limit) end(current, Ending::stalled, "");
    }
  }

  void end(ActiveList::iterator place, Ending ending, const std::string& detail) {
    const std::unique_ptr<Active> active = std::move(*place);
    active_.erase(place);
    const auto count = active_at_.find(active->transfer->plan.origin);
    if (--count->second == 0) active_at_.erase(count);
    CURL* easy = active->easy.get();
    long connects = 0;
    curl_off_t sent_at_us = 0;
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &sent_at_us);
    {
      const std::lock_guard guard(active->transfer->mutex);
      active->transfer->connection_reused = connects == 0;
      active->transfer->request_sent = sent_at_us > 0;
    }
    curl_multi_remove_handle(multi_.get(), easy);
    finish(*active->transfer, ending, detail);
  }

  static void finish(Transfer& transfer, Ending ending, const std::string& detail) {
    const std::lock_guard guard(transfer.mutex);
    transfer.done = true;
    transfer.ending = ending;
    transfer.detail = detail;
    transfer.changed.notify_all();
  }

  const unsigned per_host_;
  const unsigned total_;
  CurlShare share_;
  CurlMulti multi_;
  ActiveList active_;
  std::deque<std::shared_ptr<Transfer>> waiting_;
  std::map<std::string, unsigned> active_at_;
  Synchronized<std::vector<Asked>> asked_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

TransferLoop::TransferLoop(unsigned connections_per_host, unsigned connections_total)
    : impl_(std::make_unique<Impl>(std::max(1u, connections_per_host),
                                   std::max(1u, connections_total))) {}
TransferLoop::~TransferLoop() = default;

void TransferLoop::submit(std::shared_ptr<Transfer> transfer) {
  impl_->tell(Impl::Ask::submit, std::move(transfer));
}
void TransferLoop::resume(std::shared_ptr<Transfer> transfer) {
  impl_->tell(Impl::Ask::resume, std::move(transfer));
}
void TransferLoop::cancel(std::shared_ptr<Transfer> transfer) {
  impl_->tell(Impl::Ask::cancel, std::move(transfer));
}

}  // namespace mhub::net
