// The server itself: starting, limits, many clients, stopping.

#include <atomic>
#include <fstream>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "http/message.hpp"
#include "test_hub.hpp"

namespace mhub {
namespace {

using test::HasKind;
using test::TestHub;

std::string put_object(const TestHub& hub, const std::string& content) {
  const std::string path =
      "/admin/model.git/info/lfs/objects/" + sha256_of(as_bytes(content)).hex();
  REQUIRE(hub.ask("PUT", path, hub.admin_token(), content).status == 200);
  return path;
}

TEST_CASE("the first start alone gives an administrator's token", "[serve][server]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string path = put_object(hub, test::noise(100000));
  hub.stop();
  hub.start();
  CHECK_FALSE(hub.server().first_admin_token());
  CHECK(hub.ask("GET", "/api/whoami-v2", hub.admin_token()).status == 200);
  CHECK(hub.ask("GET", path).status == 200);
}

TEST_CASE("two servers do not share a data folder, nor a port", "[serve][server]") {
  TestHub hub;
  CHECK_THROWS_MATCHES(serve::Server::start(hub.options()), Error, HasKind(ErrorKind::busy));
  serve::ServeOptions other = hub.options();
  other.data_folder = hub.folder() / "other";
  other.listen = hub.url().substr(7);
  CHECK_THROWS_MATCHES(serve::Server::start(other), Error, HasKind(ErrorKind::busy));
}

TEST_CASE("a server that cannot work says so at once", "[serve][server]") {
  test::TemporaryFolder folder;
  serve::ServeOptions good;
  good.data_folder = folder / "data";
  good.listen = "127.0.0.1:0";
  good.hook_program = test::hook_program();
  const auto fails = [&](const std::function<void(serve::ServeOptions&)>& change) {
    serve::ServeOptions options = good;
    change(options);
    CHECK_THROWS_MATCHES(serve::Server::start(options), Error, HasKind(ErrorKind::config));
  };
  fails([](auto& o) { o.listen = "nowhere"; });
  fails([](auto& o) { o.listen = "127.0.0.1:99999"; });
  fails([](auto& o) { o.listen = "example.com:1"; });
  fails([](auto& o) { o.git_program = "no-such-git"; });
  fails([](auto& o) { o.hook_program = "/no/such/program"; });
  fails([](auto& o) { o.tls_certificate = "/only/one.pem"; });
}

TEST_CASE("a fault of the hub's own is 500 and tells nothing of its insides", "[serve][server]") {
  CHECK(serve::status_for(Error(ErrorKind::not_found, "no /srv/hub/x")) == 500);
  CHECK(serve::status_for(Error(ErrorKind::denied, "open /srv/hub/x")) == 500);
  CHECK(serve::status_for(Error(ErrorKind::busy, "locked")) == 503);
  CHECK(serve::status_for(Error(ErrorKind::conflict, "taken")) == 409);
  CHECK(serve::status_for(serve::Refused(404, "not found")) == 404);

  TestHub hub;
  hub.make_repo("admin/model");
  std::filesystem::remove_all(hub.options().data_folder / "git" / "1.git");
  const auto answer = hub.ask("GET", "/admin/model/info/refs?service=git-upload-pack");
  CHECK(answer.status == 500);
  CHECK(answer.body == "internal error\n");
}

TEST_CASE("a data folder that was there before is closed to others", "[serve][server]") {
  namespace fs = std::filesystem;
  TestHub hub;
  hub.stop();
  const fs::path data = hub.options().data_folder;
  for (const fs::path& path : {data / "git", data / "store", data / "tmp"})
    fs::permissions(path, fs::perms(0755));
  hub.start();
  for (const fs::path& path : {data / "git", data / "store", data / "tmp"})
    CHECK(fs::status(path).permissions() == fs::perms::owner_all);
}

TEST_CASE("a first start that fails does not lose the administrator's token", "[serve][server]") {
  test::TemporaryFolder folder;
  serve::ServeOptions options;
  options.data_folder = folder / "data";
  options.hook_program = test::hook_program();
  options.listen = "127.0.0.1:70000";
  CHECK_THROWS_MATCHES(serve::Server::start(options), Error, HasKind(ErrorKind::config));
  options.listen = "127.0.0.1:0";
  options.tls_certificate = options.tls_key = "/no/such.pem";
  CHECK_THROWS_AS(serve::Server::start(options), Error);
  options.tls_certificate = options.tls_key = "";
  CHECK(serve::Server::start(options)->first_admin_token());
}

TEST_CASE("headers and bodies have limits", "[serve][server]") {
  TestHub hub([](serve::ServeOptions& options) { options.limits.json_body_bytes = 5000; });
  hub.make_repo("admin/model");
  CHECK(hub.ask("GET", "/health", "", "", {"X-Long: " + std::string(70000, 'x')}).status == 431);
  CHECK(hub.ask("GET", "/health?" + std::string(400000, 'x')).status >= 400);
  CHECK(hub.ask("POST", "/api/repos/create", hub.admin_token(), std::string(6000, ' ')).status ==
        413);
  CHECK(hub.ask("POST", "/api/repos/create", hub.admin_token(), std::string(3 << 20, ' ')).status ==
        413);
  CHECK(hub.ask("POST", "/api/repos/create", hub.admin_token(), std::string(6000, ' '),
                {"Transfer-Encoding: chunked"})
            .status == 413);
  // Wrong credentials on a large upload are answered, not cut off.
  CHECK(hub.ask("PUT", "/admin/model.git/info/lfs/objects/" + std::string(64, 'a'), "hf_wrong",
                std::string(900000, 'x'))
            .status == 401);
  CHECK(hub.ask("GET", "/health").status == 200);
}

TEST_CASE("many downloads at once each get their own bytes", "[serve][server]") {
  TestHub hub;
  hub.make_repo("admin/model");
  std::vector<std::pair<std::string, std::string>> objects;
  for (int i = 0; i < 4; ++i) {
    std::string content = test::noise(3000000 + static_cast<std::size_t>(i) * 12345);
    std::string path = put_object(hub, content);
    objects.emplace_back(std::move(path), std::move(content));
  }
  std::atomic<int> right{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 24; ++i) {
    clients.emplace_back([&, i] {
      const auto& [path, content] = objects[static_cast<std::size_t>(i) % objects.size()];
      const std::size_t from = static_cast<std::size_t>(i) * 1000;
      try {
        const auto got = hub.ask("GET", path, "", "", {fmt::format("Range: bytes={}-", from)});
        if (got.status == 206 && got.body == content.substr(from)) ++right;
      } catch (const std::exception&) {
      }
    });
  }
  for (auto& client : clients) client.join();
  CHECK(right == 24);
}

TEST_CASE("many uploads of one object at once end as one", "[serve][server]") {
  TestHub hub([](serve::ServeOptions& options) { options.limits.ingests = 2; });
  hub.make_repo("admin/model");
  const std::string content = test::noise(2000000);
  const std::string path =
      "/admin/model.git/info/lfs/objects/" + sha256_of(as_bytes(content)).hex();
  std::atomic<int> stored{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 12; ++i) {
    clients.emplace_back([&] {
      try {
        if (hub.ask("PUT", path, hub.admin_token(), content).status == 200) ++stored;
      } catch (const std::exception&) {
      }
    });
  }
  for (auto& client : clients) client.join();
  CHECK(stored == 12);
  CHECK(hub.ask("GET", path).body == content);
  CHECK(hub.admin().check(silent_progress(), never_stopped()).clean());
}

namespace {

/// A bare socket, connected to the port of this URL on loopback; the caller closes it.
int connect_to(const std::string& url) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

}  // namespace

TEST_CASE("a range is the same beside another download of the file", "[serve][server]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string content = test::noise(24'000'000);
  const std::string path = put_object(hub, content);
  // More than sockets hold, and not read on: the file has a second reader all the time.
  const int stalled = connect_to(hub.url());
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
  REQUIRE(::send(stalled, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
  char some[1000];
  REQUIRE(::recv(stalled, some, sizeof some, 0) > 0);
  for (int round = 0; round < 2; ++round) {
    for (const auto& [first, last] : {std::pair<std::size_t, std::size_t>{0, 23'999'999},
                                      {1, 23'999'999},
                                      {524'288, 1'048'575},
                                      {524'287, 1'048'576},
                                      {524'289, 3'000'000},
                                      {23'999'000, 23'999'999}}) {
      INFO(first << "-" << last);
      const auto got =
          hub.ask("GET", path, "", "", {fmt::format("Range: bytes={}-{}", first, last)});
      CHECK(got.status == 206);
      CHECK((got.body == content.substr(first, last - first + 1)));
    }
  }
  ::close(stalled);
}

TEST_CASE("a client that goes away in the middle takes nothing with it", "[serve][server]") {
  TestHub hub([](serve::ServeOptions& options) {
    options.limits.ingests = 1;
    options.limits.git_processes = 1;
  });
  hub.make_repo("admin/model");
  const std::string content = test::noise(5000000);
  const std::string path = put_object(hub, content);
  const auto begin_and_drop = [&](const std::string& request) {
    // A bare socket, closed without reading on.
    const int socket = connect_to(hub.url());
    REQUIRE(::send(socket, request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size()));
    char some[1000];
    std::ignore = ::recv(socket, some, sizeof some, MSG_DONTWAIT);
    ::close(socket);
  };
  const std::string credentials = "Authorization: Bearer " + hub.admin_token() + "\r\n";
  for (int i = 0; i < 5; ++i) {
    begin_and_drop("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    begin_and_drop("PUT /admin/model.git/info/lfs/objects/" + std::string(64, 'b') +
                   " HTTP/1.1\r\nHost: h\r\n" + credentials + "Content-Length: 1000000\r\n\r\n" +
                   std::string(300000, 'x'));
    begin_and_drop("POST /admin/model/git-receive-pack HTTP/1.1\r\nHost: h\r\n" + credentials +
                   "Content-Type: application/x-git-receive-pack-request\r\n"
                   "Content-Length: 1000000\r\n\r\n0000");
  }
  // The only place for an ingest and for a git process becomes free again.
  CHECK(hub.ask("PUT", path, hub.admin_token(), content).status == 200);
  long status = 0;
  for (int i = 0; i < 100 && status != 200; ++i) {
    status = hub.ask("GET", "/admin/model/info/refs?service=git-upload-pack").status;
    if (status != 200) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  CHECK(status == 200);
}

TEST_CASE("stopping lets running requests finish", "[serve][server]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string content = test::noise(20000000);
  const std::string path = put_object(hub, content);
  // A client of bare sockets, which knows when its answer has begun.
  const int socket = connect_to(hub.url());
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  REQUIRE(::send(socket, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
  std::string answer(1, '\0');
  REQUIRE(::recv(socket, answer.data(), 1, 0) == 1);
  std::thread client([&] {
    std::string some(65536, '\0');
    for (ssize_t got; (got = ::recv(socket, some.data(), some.size(), 0)) > 0;)
      answer.append(some, 0, static_cast<std::size_t>(got));
  });
  hub.server().stop(std::chrono::seconds(30));
  client.join();
  ::close(socket);
  CHECK(answer.find(content) != std::string::npos);
}

TEST_CASE("stopping without patience cuts off what waits", "[serve][server]") {
  TestHub hub;
  hub.make_repo("admin/model");
  const std::string path = put_object(hub, test::noise(30000000));
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      try {
        if (i % 2 == 0)
          hub.ask("GET", path);
        else
          hub.ask("PUT", path, hub.admin_token(), test::noise(10000000));
      } catch (const std::exception&) {
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  hub.server().stop(std::chrono::milliseconds(0));
  for (auto& client : clients) client.join();
  hub.stop();
  hub.start();
  CHECK(hub.ask("GET", path).status == 200);
}

TEST_CASE("the server speaks TLS with a certificate", "[serve][server]") {
  test::TemporaryFolder folder;
  const auto made =
      test::run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                 "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"});
  REQUIRE(made.exit_code == 0);
  TestHub hub([&](serve::ServeOptions& options) {
    options.tls_certificate = folder / "cert.pem";
    options.tls_key = folder / "key.pem";
  });
  REQUIRE(hub.url().starts_with("https://"));
  hub.make_repo("admin/model");
  const std::string content = test::noise(3000000);
  const std::string path = put_object(hub, content);
  CHECK(hub.ask("GET", path).body == content);
}

}  // namespace
}  // namespace mhub
