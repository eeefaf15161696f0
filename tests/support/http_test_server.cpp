#include "support/http_test_server.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mhub::test {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

MHD_Result take_header(void* user, MHD_ValueKind, const char* name, const char* value) {
  (*static_cast<std::map<std::string, std::string>*>(user))[lower(name)] = value ? value : "";
  return MHD_YES;
}

struct Producing {
  Reply::Producer producer;
};

ssize_t produce(void* user, std::uint64_t position, char* room, std::size_t size) {
  const ssize_t count = static_cast<Producing*>(user)->producer(position, {room, size});
  if (count == Reply::kEnd) return MHD_CONTENT_READER_END_OF_STREAM;
  if (count == Reply::kCut) return MHD_CONTENT_READER_END_WITH_ERROR;
  return count;
}

int listen_on_loopback(std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, generic, size) != 0 || listen(fd, 64) != 0 ||
      getsockname(fd, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

struct HttpTestServer::State {
  Handler handler;
  MHD_Daemon* daemon = nullptr;
  std::uint16_t port = 0;
  std::atomic<unsigned> requests{0};
  std::atomic<unsigned> connections{0};
  mutable std::mutex mutex;
  mutable std::condition_variable ends;
  bool ending = false;

  static MHD_Result on_request(void* user, MHD_Connection* connection, const char*,
                               const char* method, const char*, const char* upload,
                               std::size_t* upload_size, void** memory) {
    auto* received = static_cast<Received*>(*memory);
    if (received->method.empty()) {
      received->method = method;
      MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, &received->headers);
      return MHD_YES;
    }
    if (*upload_size > 0) {
      received->body.append(upload, *upload_size);
      *upload_size = 0;
      return MHD_YES;
    }
    auto& state = *static_cast<State*>(user);
    ++state.requests;
    Reply reply;
    try {
      reply = state.handler(*received);
    } catch (const std::exception& error) {
      reply.status = 500;
      reply.body = error.what();
    }
    MHD_Response* response = nullptr;
    if (reply.producer) {
      response = MHD_create_response_from_callback(
          reply.size_bytes, 65536, produce, new Producing{std::move(reply.producer)},
          [](void* producing) { delete static_cast<Producing*>(producing); });
    } else {
      response = MHD_create_response_from_buffer(reply.body.size(), reply.body.data(),
                                                 MHD_RESPMEM_MUST_COPY);
    }
    for (const auto& [name, value] : reply.headers) {
      MHD_add_response_header(response, name.c_str(), value.c_str());
    }
    const MHD_Result queued =
        MHD_queue_response(connection, static_cast<unsigned>(reply.status), response);
    MHD_destroy_response(response);
    return queued;
  }

  // The undecoded request line is seen here only.
  static void* on_uri(void*, const char* uri, MHD_Connection*) {
    auto* received = new Received;
    received->path = uri;
    if (const auto mark = received->path.find('?'); mark != std::string::npos) {
      received->query = received->path.substr(mark + 1);
      received->path.resize(mark);
    }
    return received;
  }

  static void on_completed(void*, MHD_Connection*, void** memory, MHD_RequestTerminationCode) {
    delete static_cast<Received*>(*memory);
    *memory = nullptr;
  }

  static void on_connection(void* user, MHD_Connection*, void**,
                            MHD_ConnectionNotificationCode code) {
    if (code == MHD_CONNECTION_NOTIFY_STARTED) ++static_cast<State*>(user)->connections;
  }
};

HttpTestServer::HttpTestServer(Handler handler) : state_(std::make_unique<State>()) {
  state_->handler = std::move(handler);
  const int fd = listen_on_loopback(state_->port);
  state_->daemon = MHD_start_daemon(
      MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, nullptr,
      nullptr, &State::on_request, state_.get(), MHD_OPTION_LISTEN_SOCKET, fd,
      MHD_OPTION_URI_LOG_CALLBACK, &State::on_uri, state_.get(), MHD_OPTION_NOTIFY_COMPLETED,
      &State::on_completed, state_.get(), MHD_OPTION_NOTIFY_CONNECTION, &State::on_connection,
      state_.get(), MHD_OPTION_CONNECTION_MEMORY_LIMIT, std::size_t{1} << 18, MHD_OPTION_END);
  if (!state_->daemon) throw std::runtime_error("the test server does not start");
}

HttpTestServer::~HttpTestServer() {
  {
    const std::lock_guard guard(state_->mutex);
    state_->ending = true;
  }
  state_->ends.notify_all();
  MHD_stop_daemon(state_->daemon);
}

std::uint16_t HttpTestServer::port() const {
  return state_->port;
}
std::string HttpTestServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(state_->port) + path;
}
unsigned HttpTestServer::request_count() const {
  return state_->requests;
}
unsigned HttpTestServer::connection_count() const {
  return state_->connections;
}

void HttpTestServer::stall() const {
  std::unique_lock lock(state_->mutex);
  state_->ends.wait_for(lock, std::chrono::minutes(1), [&] { return state_->ending; });
}

struct RawPeer::State {
  std::string says;
  bool closes = false;
  std::uint16_t port = 0;
  int listener = -1;
  std::atomic<bool> ending{false};
  std::atomic<unsigned> connections{0};
  std::vector<int> open;
  std::thread thread;

  void run() {
    while (!ending) {
      pollfd waiting{listener, POLLIN, 0};
      if (poll(&waiting, 1, 20) != 1) continue;
      const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      ++connections;
      pollfd readable{fd, POLLIN, 0};
      char buffer[4096];
      if (poll(&readable, 1, 1000) == 1) (void)!read(fd, buffer, sizeof buffer);
      (void)!send(fd, says.data(), says.size(), MSG_NOSIGNAL);
      if (closes) {
        close(fd);
      } else {
        open.push_back(fd);
      }
    }
  }
};

RawPeer::RawPeer(std::string says, bool closes) : state_(std::make_unique<State>()) {
  state_->says = std::move(says);
  state_->closes = closes;
  state_->listener = listen_on_loopback(state_->port);
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

RawPeer::~RawPeer() {
  state_->ending = true;
  state_->thread.join();
  for (const int fd : state_->open) close(fd);
  close(state_->listener);
}

std::uint16_t RawPeer::port() const {
  return state_->port;
}
unsigned RawPeer::connection_count() const {
  return state_->connections;
}

std::uint16_t closed_port() {
  std::uint16_t port = 0;
  close(listen_on_loopback(port));
  return port;
}

}  // namespace mhub::test
