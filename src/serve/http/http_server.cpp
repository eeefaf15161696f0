#include "http/http_server.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <mhub/base/c_handle.hpp>
#include <mhub/base/log.hpp>

#include "http/least_rate.hpp"
#include "http/listen.hpp"

namespace mhub::serve {

namespace {

/// Memory a connection may use for headers and one read: pages that are not touched cost nothing.
constexpr std::size_t kConnectionBytes = 256 << 10;
/// What a response stream is asked for at a time.
constexpr std::size_t kStreamBlockBytes = 128 << 10;
/// A body this small is read to its end before a refusal is sent, which spares the client a reset
/// connection; after a larger one the connection is closed.
constexpr std::uint64_t kDrainBytes = 1 << 20;

bool is_plain_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
  });
}

bool is_plain_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '=' || c == ';' || c == ':';
  });
}

/// Without the port. An IPv6 network of 64 bits counts as one address: a client has all of it.
std::string peer_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == nullptr || info->client_addr == nullptr) return {};
  if (info->client_addr->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(info->client_addr);
    return to_hex(std::as_bytes(std::span(&v4->sin_addr, 1)));
  }
  if (info->client_addr->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(info->client_addr);
    const auto bytes = std::as_bytes(std::span(&v6->sin6_addr, 1));
    return to_hex(IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? bytes.last(4) : bytes.first(8));
  }
  return {};
}

std::string new_request_id() {
  std::array<std::byte, 12> random;
  fill_random(random);
  return to_hex(random);
}

using ResponseHandle = CHandle<MHD_Response, MHD_destroy_response>;

class MicroHttpServer;

/// One request from its first line to the last byte of its answer.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
  Exchange(MicroHttpServer& server, MHD_Connection* connection, std::string target)
      : server_(server), connection_(connection), target_(std::move(target)) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != nullptr) socket_ = info->connect_fd;
  }

  MHD_Result on_call(const char* method, const char* upload, std::size_t* upload_bytes) noexcept;
  void on_completed() noexcept;
  ssize_t on_read(char* out, std::size_t size) noexcept;

  /// True while nothing but more of the request's body can bring it forward.
  bool is_hungry() const { return hungry_.load(std::memory_order_relaxed); }
  /// True if the client alone has kept it waiting for a whole window. Asked by one thread, often.
  bool is_too_slow(PaceWatch::Time now);
  int socket() const { return socket_; }

private:
  enum class Phase { fresh, receiving, draining, answered };

  MHD_Result on_call_locked(const char* method, const char* upload, std::size_t* upload_bytes);
  void begin(const char* method);
  std::size_t receive(ByteView bytes);
  void try_finish();
  void fail(const std::exception& error);
  /// Makes the answer; on_call() hands it to the library.
  MHD_Result queue(Response response);
  Wake wake();
  /// False if the server stops and nobody would wake it again.
  bool suspend();

  MicroHttpServer& server_;
  MHD_Connection* connection_;
  std::string target_;
  int socket_ = -1;
  std::atomic<bool> hungry_{false};
  std::atomic<bool> sending_{false};  ///< the client has yet to take what it was given

  PaceWatch pace_;  ///< is_too_slow()'s own

  std::mutex mutex_;
  Phase phase_ = Phase::fresh;
  bool suspended_ = false;
  bool gone_ = false;
  std::shared_ptr<Request> request_;
  std::unique_ptr<BodySink> sink_;
  std::unique_ptr<BodySink> spent_sink_;  ///< destroyed outside the lock: it may wake others
  std::unique_ptr<BodyStream> stream_;
  ResponseHandle ready_;             ///< to be queued by on_call()
  std::optional<Response> refusal_;  ///< to be sent after draining
  std::uint64_t drained_ = 0;

  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  int status_ = 0;
  std::atomic<std::uint64_t> received_bytes_{0};
  std::atomic<std::uint64_t> sent_bytes_{0};
};

class MicroHttpServer : public HttpServer {
public:
  MicroHttpServer(const HttpOptions& options, Application& application)
      : options_(options), application_(application) {
    const Address address = parse_address(options.listen);
    UniqueFd socket = listen_on(address, options.listen);
    const bool tls = !options.tls_certificate_pem.empty();
    local_url_ =
        fmt::format("{}://{}:{}", tls ? "https" : "http", address.text, port_of(socket.get()));

    std::vector<MHD_OptionItem> items;
    const auto number = [&](MHD_OPTION option, std::uint64_t value) {
      items.push_back({option, static_cast<intptr_t>(value), nullptr});
    };
    number(MHD_OPTION_THREAD_POOL_SIZE, std::max(2U, options.loops));
    number(MHD_OPTION_CONNECTION_LIMIT, std::max(options.connections, 2 * options.loops));
    if (options.connections_per_address > 0)
      number(MHD_OPTION_PER_IP_CONNECTION_LIMIT, options.connections_per_address);
    number(MHD_OPTION_CONNECTION_TIMEOUT, static_cast<std::uint64_t>(options.idle_timeout.count()));
    number(MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes);
    number(MHD_OPTION_LISTEN_SOCKET, static_cast<std::uint64_t>(socket.get()));
    if (tls) {
      items.push_back(
          {MHD_OPTION_HTTPS_MEM_CERT, 0, const_cast<char*>(options_.tls_certificate_pem.c_str())});
      items.push_back(
          {MHD_OPTION_HTTPS_MEM_KEY, 0, const_cast<char*>(options_.tls_key_pem.c_str())});
    }
    items.push_back({MHD_OPTION_END, 0, nullptr});

    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD;
    for (const MHD_FLAG flag : {MHD_ALLOW_SUSPEND_RESUME, MHD_USE_ERROR_LOG, MHD_USE_TURBO})
      flags |= flag;
    if (tls) flags |= MHD_USE_TLS;
    daemon_ =
        MHD_start_daemon(flags, 0, nullptr, nullptr, &MicroHttpServer::on_request, this,  //
                         MHD_OPTION_EXTERNAL_LOGGER, &MicroHttpServer::on_log, nullptr,   //
                         MHD_OPTION_URI_LOG_CALLBACK, &MicroHttpServer::on_target, this,  //
                         MHD_OPTION_UNESCAPE_CALLBACK, &MicroHttpServer::leave_escaped, nullptr,
                         MHD_OPTION_NOTIFY_COMPLETED, &MicroHttpServer::on_completed, this,  //
                         MHD_OPTION_ARRAY, items.data(), MHD_OPTION_END);
    if (daemon_ == nullptr) {
      if (tls)
        throw Error(ErrorKind::config, "the TLS server does not start")
            .hint("check that certificate and key are PEM files that belong together");
      throw Error(ErrorKind::io, "the HTTP server does not start");
    }
    socket.release();  // closed by the daemon, or by stop()
    sweeper_ = std::thread([this] { sweep(); });
  }

  ~MicroHttpServer() override { stop(std::chrono::milliseconds(0)); }

  const std::string& local_url() const override { return local_url_; }

  void stop(std::chrono::milliseconds patience) override {
    if (daemon_ == nullptr) return;
    {
      const std::lock_guard guard(mutex_);
      sweeping_ = false;
      swept_.notify_all();
    }
    sweeper_.join();
    // MHD_quiesce_daemon would refuse connections too, but in 0.9.75 it races with its own worker
    // threads and then aborts the process; so what begins from now on is cut off in on_target.
    draining_.store(true);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (running() > 0 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    // A suspended connection must not be when the daemon ends; whoever wakes up now is cut off.
    {
      const std::lock_guard guard(mutex_);
      stopping_.store(true);
    }
    resume_all();
    while (waiting() > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      resume_all();
    }
    MHD_stop_daemon(daemon_);
    daemon_ = nullptr;
  }

  bool stopping() const { return stopping_.load(); }
  Application& application() { return application_; }
  const HttpOptions& options() const { return options_; }

  void enter(Exchange* exchange) {
    const std::lock_guard guard(mutex_);
    running_.insert(exchange);
  }
  void leave(Exchange* exchange) {
    const std::lock_guard guard(mutex_);
    running_.erase(exchange);
    waiting_.erase(exchange);
  }
  bool set_waiting(Exchange* exchange, Wake wake) {
    const std::lock_guard guard(mutex_);
    if (stopping_.load()) return false;
    waiting_[exchange] = std::move(wake);
    return true;
  }
  void unset_waiting(Exchange* exchange) {
    const std::lock_guard guard(mutex_);
    waiting_.erase(exchange);
  }

private:
  /// The library's edge-triggered loop does not see a client's end of stream that arrives together
  /// with the client's last bytes; the connection would stay until its idle time is over, and with
  /// it what the request holds. So whoever waits for a body that will never come is found here, and
  /// so is a client that keeps a request waiting and hardly moves.
  void sweep() {
    constexpr std::chrono::seconds kInterval{1};
    std::unique_lock lock(mutex_);
    while (!swept_.wait_for(lock, kInterval, [this] { return !sweeping_; })) {
      const auto now = std::chrono::steady_clock::now();
      // An exchange leaves `running_`, under this lock, before its socket is closed.
      for (Exchange* exchange : running_) {
        if (exchange->is_too_slow(now)) {
          ::shutdown(exchange->socket(), SHUT_RDWR);
          continue;
        }
        if (!exchange->is_hungry()) continue;
        pollfd wait{exchange->socket(), POLLRDHUP, 0};
        int unread = 0;
        if (::poll(&wait, 1, 0) == 1 && (wait.revents & POLLRDHUP) != 0 &&
            ::ioctl(exchange->socket(), FIONREAD, &unread) == 0 && unread == 0)
          ::shutdown(exchange->socket(), SHUT_RDWR);
      }
    }
  }

  std::size_t running() {
    const std::lock_guard guard(mutex_);
    return running_.size();
  }
  std::size_t waiting() {
    const std::lock_guard guard(mutex_);
    return waiting_.size();
  }
  void resume_all() {
    std::vector<Wake> wakes;
    {
      const std::lock_guard guard(mutex_);
      for (auto& [exchange, wake] : waiting_) wakes.push_back(wake);
    }
    for (auto& wake : wakes) wake();
  }

  static void on_log(void*, const char* format, va_list arguments) {
    if (!log_enabled(LogLevel::debug)) return;
    char text[512];
    std::vsnprintf(text, sizeof text, format, arguments);
    // The library's messages name no header values, but may quote what a client sent.
    log_debug("http: {}", std::string_view(text).substr(0, std::string_view(text).find('?')));
  }

  static std::size_t leave_escaped(void*, MHD_Connection*, char* text) { return std::strlen(text); }

  static void* on_target(void* self, const char* target, MHD_Connection* connection) {
    auto& server = *static_cast<MicroHttpServer*>(self);
    if (server.draining_.load()) return nullptr;
    try {
      auto exchange = std::make_shared<Exchange>(server, connection, target);
      server.enter(exchange.get());
      return new std::shared_ptr<Exchange>(std::move(exchange));
    } catch (...) {
      return nullptr;
    }
  }

  static MHD_Result on_request(void*, MHD_Connection*, const char*, const char* method, const char*,
                               const char* upload, std::size_t* upload_bytes, void** user) {
    if (*user == nullptr) return MHD_NO;
    return (*static_cast<std::shared_ptr<Exchange>*>(*user))->on_call(method, upload, upload_bytes);
  }

  static void on_completed(void* self, MHD_Connection*, void** user, MHD_RequestTerminationCode) {
    auto* holder = static_cast<std::shared_ptr<Exchange>*>(*user);
    if (holder == nullptr) return;
    static_cast<MicroHttpServer*>(self)->leave(holder->get());
    (*holder)->on_completed();
    delete holder;
    *user = nullptr;
  }

  HttpOptions options_;
  Application& application_;
  std::string local_url_;
  MHD_Daemon* daemon_ = nullptr;
  std::atomic<bool> draining_{false};  ///< no new requests
  std::atomic<bool> stopping_{false};  ///< running ones are cut off
  std::mutex mutex_;
  std::unordered_set<Exchange*> running_;
  std::unordered_map<Exchange*, Wake> waiting_;
  bool sweeping_ = true;
  std::condition_variable swept_;
  std::thread sweeper_;
};

Wake Exchange::wake() {
  return [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    const std::lock_guard guard(self->mutex_);
    if (!self->suspended_ || self->gone_) return;
    self->suspended_ = false;
    MHD_resume_connection(self->connection_);
    self->server_.unset_waiting(self.get());
  };
}

bool Exchange::is_too_slow(PaceWatch::Time now) {
  if (hungry_.load(std::memory_order_relaxed))
    return pace_.is_too_slow(&kLeastIn, received_bytes_.load(), now);
  const bool is_sending = sending_.load(std::memory_order_relaxed);
  return pace_.is_too_slow(is_sending ? &kLeastOut : nullptr, sent_bytes_.load(), now);
}

bool Exchange::suspend() {
  if (!server_.set_waiting(this, wake())) return false;
  suspended_ = true;
  MHD_suspend_connection(connection_);
  return true;
}

MHD_Result Exchange::on_call(const char* method, const char* upload,
                             std::size_t* upload_bytes) noexcept {
  std::unique_ptr<BodySink> spent;
  ResponseHandle ready;
  MHD_Result result = MHD_NO;
  {
    const std::lock_guard guard(mutex_);
    result = on_call_locked(method, upload, upload_bytes);
    hungry_ = !suspended_ && (phase_ == Phase::receiving || phase_ == Phase::draining);
    spent = std::move(spent_sink_);
    ready = std::move(ready_);
  }
  // Outside the lock, which on_read() takes while the library holds its own lock on the response.
  if (ready) return MHD_queue_response(connection_, static_cast<unsigned>(status_), ready.get());
  return result;
}

MHD_Result Exchange::on_call_locked(const char* method, const char* upload,
                                    std::size_t* upload_bytes) {
  try {
    if (server_.stopping()) return MHD_NO;
    if (phase_ == Phase::fresh) {
      begin(method);
      if (!refusal_) return MHD_YES;
      // Refused by the headers: read a small body to its end first.
      const auto length = request_->content_length();
      const bool is_chunked = !request_->header("Transfer-Encoding").empty();
      const bool is_expecting = !request_->header("Expect").empty();
      if (length.value_or(0) > kDrainBytes || (is_expecting && (is_chunked || length)))
        return queue(std::move(*refusal_));
      return MHD_YES;
    }
    if (*upload_bytes > 0) {
      const std::size_t taken =
          receive(ByteView(reinterpret_cast<const std::byte*>(upload), *upload_bytes));
      const bool is_short = taken < *upload_bytes;
      *upload_bytes -= taken;
      received_bytes_ += taken;
      if (phase_ == Phase::draining && drained_ > kDrainBytes) return MHD_NO;
      if (is_short && !suspend()) return MHD_NO;
      return MHD_YES;
    }
    if (phase_ == Phase::answered) return MHD_YES;
    if (phase_ == Phase::draining) return queue(std::move(*refusal_));
    std::optional<Response> response;
    try {
      response = sink_->finish(wake());
    } catch (const std::exception& error) {
      response = server_.application().error_response(*request_, error);
    }
    if (!response) return suspend() ? MHD_YES : MHD_NO;
    return queue(std::move(*response));
  } catch (const std::exception& error) {
    log_warning("a request failed: {}", error.what());
    return MHD_NO;
  }
}

void Exchange::begin(const char* method) {
  auto request = std::make_shared<Request>();
  request_ = request;
  const auto question = target_.find('?');
  request->path = target_.substr(0, question);
  if (question != std::string::npos) request->query = target_.substr(question + 1);
  request->method_text = method;
  request->is_head = request->method_text == "HEAD";
  request->method = request->is_head || request->method_text == "GET" ? Method::get
                    : request->method_text == "PUT"                   ? Method::put
                    : request->method_text == "POST"                  ? Method::post
                    : request->method_text == "DELETE"                ? Method::del
                                                                      : Method::other;
  struct Collector {
    Request& request;
    std::uint64_t bytes;
  } collector{*request, target_.size()};
  MHD_get_connection_values(
      connection_, MHD_HEADER_KIND,
      [](void* user, MHD_ValueKind, const char* key, const char* value) -> MHD_Result {
        auto& into = *static_cast<Collector*>(user);
        try {
          into.request.headers.emplace_back(key, value == nullptr ? "" : value);
        } catch (...) {
          return MHD_NO;
        }
        into.bytes += std::strlen(key) + (value == nullptr ? 0 : std::strlen(value)) + 4;
        return MHD_YES;
      },
      &collector);

  request->peer = peer_of(connection_);
  std::string_view id = request->header("X-Request-Id");
  if (!is_plain_id(id)) id = request->header("X-Amzn-Trace-Id");
  request->request_id = is_plain_id(id) ? std::string(id) : new_request_id();

  if (!server_.options().public_url.empty()) {
    request->base_url = server_.options().public_url;
  } else {
    const std::string_view host = request->header("Host");
    const std::string& local = server_.local_url();
    request->base_url =
        is_plain_host(host) ? local.substr(0, local.find("//") + 2) + std::string(host) : local;
  }

  phase_ = Phase::receiving;
  try {
    if (collector.bytes > server_.options().header_bytes)
      throw Refused(431, "the request's headers are too large");
    sink_ = server_.application().begin(request_);
  } catch (const std::exception& error) {
    fail(error);
  }
}

std::size_t Exchange::receive(ByteView bytes) {
  if (phase_ == Phase::receiving) {
    try {
      return sink_->write(bytes, wake());
    } catch (const std::exception& error) {
      fail(error);
    }
  }
  drained_ += bytes.size();
  return bytes.size();
}

void Exchange::fail(const std::exception& error) {
  refusal_ = server_.application().error_response(*request_, error);
  phase_ = Phase::draining;
  spent_sink_ = std::move(sink_);
}

MHD_Result Exchange::queue(Response response) {
  phase_ = Phase::answered;
  server_.application().complete(*request_, response);
  ResponseHandle handle;
  if (auto* text = std::get_if<std::string>(&response.body)) {
    sent_bytes_ = text->size();
    handle.reset(
        MHD_create_response_from_buffer(text->size(), text->data(), MHD_RESPMEM_MUST_COPY));
  } else if (auto* slice = std::get_if<FileSlice>(&response.body)) {
    sent_bytes_ = slice->size_bytes;
    handle.reset(MHD_create_response_from_fd_at_offset64(slice->size_bytes, slice->file.get(),
                                                         slice->offset));
    if (handle) slice->file.release();
  } else {
    stream_ = std::move(std::get<std::unique_ptr<BodyStream>>(response.body));
    handle.reset(MHD_create_response_from_callback(
        response.stream_bytes.value_or(MHD_SIZE_UNKNOWN), kStreamBlockBytes,
        [](void* self, std::uint64_t, char* out, std::size_t size) -> ssize_t {
          return static_cast<Exchange*>(self)->on_read(out, size);
        },
        this, nullptr));
  }
  if (!handle) return MHD_NO;
  MHD_add_response_header(handle.get(), "X-Request-Id", request_->request_id.c_str());
  for (const auto& [name, value] : response.headers)
    MHD_add_response_header(handle.get(), name.c_str(), value.c_str());
  status_ = response.status;
  if (sink_) spent_sink_ = std::move(sink_);
  ready_ = std::move(handle);
  return MHD_YES;
}

ssize_t Exchange::on_read(char* out, std::size_t size) noexcept {
  const std::lock_guard guard(mutex_);
  try {
    if (server_.stopping()) return MHD_CONTENT_READER_END_WITH_ERROR;
    const auto result = stream_->read(std::span(reinterpret_cast<std::byte*>(out), size), wake());
    switch (result.status) {
      case BodyStream::Status::data:
        sent_bytes_ += result.size_bytes;
        sending_ = true;
        return static_cast<ssize_t>(result.size_bytes);
      case BodyStream::Status::wait:
        sending_ = false;
        return suspend() ? 0 : MHD_CONTENT_READER_END_WITH_ERROR;
      case BodyStream::Status::end:
        return MHD_CONTENT_READER_END_OF_STREAM;
      case BodyStream::Status::failed:
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
  } catch (const std::exception& error) {
    log_warning("an answer broke off: {}", error.what());
  }
  return MHD_CONTENT_READER_END_WITH_ERROR;
}

void Exchange::on_completed() noexcept {
  std::unique_ptr<BodySink> sink;
  std::unique_ptr<BodyStream> stream;
  {
    const std::lock_guard guard(mutex_);
    gone_ = true;
    sink = std::move(sink_);
    stream = std::move(stream_);
  }
  if (!request_) return;
  AccessRecord record;
  record.request = request_.get();
  record.status = status_;
  record.received_bytes = received_bytes_;
  record.sent_bytes = sent_bytes_;
  record.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::steady_clock::now() - started_)
                           .count();
  server_.application().finished(record);
}

}  // namespace

std::unique_ptr<HttpServer> HttpServer::start(const HttpOptions& options,
                                              Application& application) {
  return std::make_unique<MicroHttpServer>(options, application);
}

}  // namespace mhub::serve
